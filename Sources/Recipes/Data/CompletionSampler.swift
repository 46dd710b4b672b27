import Models
import Store
import Tensors
import Tokenizers

import enum Store.JSONValue

/// Draws answers to prompts and stores them, with comparisons between different ones.
public struct CompletionSampler {
  let store: Store
  let role: Role
  let model: ModelRecord
  let tokenizer: Tokenizer
  let options: SamplingOptions
  let answers: Int
  let comparisons: Int
  let looksAhead: Bool
  let precision: MatmulPrecision
  private let workspace: Workspace

  public init(
    store: Store, role: Role, model: ModelRecord, tokenizer: Tokenizer, options: SamplingOptions, answers: Int,
    comparisons: Int, looksAhead: Bool = true, precision: MatmulPrecision = .highest
  ) {
    self.store = store
    self.role = role
    self.model = model
    self.tokenizer = tokenizer
    self.options = options
    self.answers = answers
    self.comparisons = comparisons
    self.looksAhead = looksAhead
    self.precision = precision
    workspace = Workspace(precision: precision)
  }

  /// Answers a batch of prompts.
  /// - Parameters:
  ///   - first: The place of the first prompt in the whole list; with the seed it decides the answers.
  ///   - run: The id of the run that the rows belong to.
  ///   - alongside: Called with the comparisons' ids within the transaction that stores them.
  /// - Returns: the ids of the comparisons.
  public func sample(
    _ prompts: [Prompt], first: Int, run: String?, alongside: ([String]) throws -> Void = { _ in }
  ) throws -> [String] {
    let rows = prompts.map { tokenizer.row($0).tokens }
    let generations = Generator(role, workspace: workspace, looksAhead: looksAhead).generate(
      rows, samplesPerPrompt: answers, options: options, firstPrompt: first)
    return try store.atomically {
      var made: [String] = []
      for (index, prompt) in prompts.enumerated() {
        let drawn = generations[index * answers..<(index + 1) * answers].map {
          completion($0, prompt: prompt, run: run)
        }
        let ids = try store.addCompletions(Array(drawn)).map(\.id)
        made += try store.addComparisons(
          choose(ids, drawn: drawn.map(\.text), prompt: prompt, index: first + index, run: run)
        )
        .map(\.id)
      }
      try alongside(made)
      return made
    }
  }

  private func completion(_ generation: Generation, prompt: Prompt, run: String?) -> Completion {
    Completion(
      prompt: prompt.id, text: tokenizer.decode(generation.tokens, skippingSpecial: true), tokens: generation.tokens,
      model: model.id, sampling: options.json(precision), seed: options.seed, finishReason: generation.finish.rawValue,
      logprob: generation.logProbabilities.reduce(0) { $0 + Double($1) }, run: run)
  }

  /// Different answers, paired in an order that depends on the seed and the prompt's place.
  private func choose(_ ids: [String], drawn: [String], prompt: Prompt, index: Int, run: String?) -> [Comparison] {
    var pairs: [(Int, Int)] = []
    for a in ids.indices {
      for b in ids.indices where a < b && drawn[a] != drawn[b] && ids[a] != ids[b] { pairs.append((a, b)) }
    }
    var generator = SeededGenerator(seed: options.seed, purpose: "comparisons", index: UInt64(index))
    var seen: Set<Set<String>> = []
    var chosen: [Comparison] = []
    for (a, b) in generator.shuffled(pairs) where chosen.count < comparisons && seen.insert([ids[a], ids[b]]).inserted {
      chosen.append(
        Comparison(prompt: prompt.id, completionA: ids[a], completionB: ids[b], origin: .sampled, run: run))
    }
    return chosen
  }
}

extension SamplingOptions {
  /// The settings as stored with each answer; the seed has a column of its own, and f32 goes without saying.
  package func json(_ precision: MatmulPrecision = .highest) -> JSONValue {
    var settings: [String: JSONValue] = [
      "maximum_tokens": .int(maximumNewTokens), "temperature": .double(Double(temperature)), "top_k": .int(topK),
      "top_p": .double(Double(topP)), "min_p": .double(Double(minP)),
      "repetition_penalty": .double(Double(repetitionPenalty)),
    ]
    if precision != .highest { settings["matmul_precision"] = .string(precision.rawValue) }
    return .object(settings)
  }
}
