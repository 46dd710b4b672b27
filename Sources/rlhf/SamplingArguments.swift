import ArgumentParser
import Models
import Tokenizers

/// How answers are drawn.
struct SamplingArguments: ParsableArguments {
  @Option(help: "0 takes the likeliest token.") var temperature: Float = 0.7
  @Option(help: "Only the k likeliest tokens; 0 means all.") var topK = 0
  @Option(help: "Only the likeliest tokens of this total probability.") var topP: Float = 0.95
  @Option(help: "Only tokens at least this fraction as likely as the likeliest.") var minP: Float = 0
  @Option(help: "Above 1 discourages repeating.") var repetitionPenalty: Float = 1
  @Option(help: "Longest answer, tokens.") var maximumTokens = 256
  @Option(help: "The seed of everything random.") var seed: UInt64 = 0
  @Flag(inversion: .prefixedNo, help: "Draft tokens from text that repeats: the same answers, sooner.")
  var lookahead = true

  func validate() throws {
    if temperature < 0 { throw ValidationError("--temperature must be 0 or more, not \(temperature)") }
    if !(0...1).contains(topP) || topP == 0 {
      throw ValidationError("--top-p must be above 0 and at most 1, not \(topP)")
    }
    if maximumTokens < 1 { throw ValidationError("--maximum-tokens must be at least 1, not \(maximumTokens)") }
  }

  func options(tokenizer: Tokenizer, context: Int) -> SamplingOptions {
    SamplingOptions(
      maximumNewTokens: min(maximumTokens, context / 2), temperature: temperature, topK: topK, topP: topP, minP: minP,
      repetitionPenalty: repetitionPenalty, stopTokens: tokenizer.stopTokens.sorted(), seed: seed)
  }
}
