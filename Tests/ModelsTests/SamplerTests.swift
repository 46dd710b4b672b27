import Foundation
import Models
import Tensors
import Testing

/// Choosing a token from logits.
@Suite struct SamplerTests {
  @Test(arguments: [1, 3, 511, 512, 513, 1300]) func drawsByCumulativeProbability(_ words: Int) {
    var logits = (0..<words).map { 4 * Float(sin(Double($0 * $0))) }
    if words > 600 { for token in 0..<600 { logits[token] = -.infinity } }  // a block without any chance
    let top = Double(logits.max()!)
    let weights = logits.map { exp(Double($0) - top) }
    let total = weights.reduce(0, +)
    let sampler = Sampler(options: SamplingOptions(temperature: 1))
    for item in 0..<200 {
      var generator = CounterGenerator(seed: 5, purpose: "sampling", step: 0, item: item)
      var same = generator
      let wanted = same.nextUniformDouble() * total
      var scratch = logits
      let choice = scratch.withUnsafeMutableBufferPointer {
        sampler.choose($0, seen: { [] }, generator: &generator)
      }
      let token = Int(choice.token)
      let before = weights[..<token].reduce(0, +)
      #expect(weights[token] > 0)
      #expect(before - 1e-5 * total <= wanted && wanted <= before + weights[token] + 1e-5 * total, "item \(item)")
      #expect(abs(Double(choice.logProbability) - log(weights[token] / total)) < 1e-4)
    }
  }

  @Test func takesTheFirstOfTheLikeliest() {
    var logits: [Float] = [0, -1, 7, 2, 7]
    var generator = CounterGenerator(seed: 0, purpose: "sampling", step: 0, item: 0)
    func token(_ options: SamplingOptions) -> Int32 {
      var scratch = logits
      return scratch.withUnsafeMutableBufferPointer {
        Sampler(options: options).choose($0, seen: { [2, 4] }, generator: &generator).token
      }
    }
    #expect(token(SamplingOptions(temperature: 0)) == 2)
    #expect(token(SamplingOptions(temperature: 0, repetitionPenalty: 8)) == 3)
    logits[0] = .nan
    #expect(token(SamplingOptions(temperature: 0)) == 2)
  }
}
