import Foundation
import Models
import Store
import Tensors

/// Computes the reference's log-probabilities of answers once, before training, and keeps them.
struct ReferencePass {
  let reference: Role
  let workspace: Workspace
  let microbatchTokens: Int
  let cache: (any ReferenceCache)?

  /// Log-probabilities of all pairs' answers, in order; nil when cancelled. What was computed until then is kept.
  func values(_ pairs: [PreferenceRow], isCancelled: () -> Bool = { false }) throws -> [AnswerLogProbabilities]? {
    let keys = pairs.map { (chosen: Self.key($0.prompt, $0.chosen), rejected: Self.key($0.prompt, $0.rejected)) }
    var known = try cache?.values(for: keys.flatMap { [$0.chosen, $0.rejected] }) ?? [:]
    let missing = pairs.indices.filter { known[keys[$0].chosen] == nil || known[keys[$0].rejected] == nil }
    for range in TokenBudget.ranges(costs: missing.map { pairs[$0].cost }, budget: microbatchTokens) {
      if isCancelled() { return nil }
      let part = missing[range].map { pairs[$0] }
      var fresh: [String: [Float]] = [:]
      for (index, values) in zip(missing[range], compute(part)) {
        fresh[keys[index].chosen] = values.chosen
        fresh[keys[index].rejected] = values.rejected
      }
      try cache?.keep(fresh)
      known.merge(fresh) { $1 }
    }
    return keys.map { AnswerLogProbabilities(chosen: known[$0.chosen]!, rejected: known[$0.rejected]!) }
  }

  private func compute(_ pairs: [PreferenceRow]) -> [AnswerLogProbabilities] {
    let stream = AnswerStream(pairs, keepsLastTokens: false)
    let tape = Tape(recording: false, workspace: workspace)
    defer { tape.finish() }
    let values = reference.hiddenStates(stream.batch, tape: tape).logProbabilities(stream.answers.flatMap(\.targets))
    return AnswerLogProbabilities.split(values.values, pairs)
  }

  /// SHA-256 of a prompt and an answer: the prompt's length, then all tokens, little-endian.
  static func key(_ prompt: [Int32], _ answer: [Int32]) -> String {
    let numbers = ([Int32(prompt.count)] + prompt + answer).map(\.littleEndian)
    return ContentHash.of(numbers.withUnsafeBytes { Data($0) })
  }
}
