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
  ///
  /// Pairs are always computed in the same company, whatever is kept already, so that a stopped run that starts again
  /// gets the same bits.
  func values(_ pairs: [PreferenceRow], isCancelled: () -> Bool = { false }) throws -> [AnswerLogProbabilities]? {
    let keys = pairs.map { (chosen: Self.key($0.prompt, $0.chosen), rejected: Self.key($0.prompt, $0.rejected)) }
    var known = try cache?.values(for: keys.flatMap { [$0.chosen, $0.rejected] }) ?? [:]
    for range in TokenBudget.ranges(costs: pairs.map(\.cost), budget: microbatchTokens) {
      if keys[range].allSatisfy({ known[$0.chosen] != nil && known[$0.rejected] != nil }) { continue }
      if isCancelled() { return nil }
      var fresh: [String: [Float]] = [:]
      for (key, values) in zip(keys[range], compute(Array(pairs[range]))) {
        fresh[key.chosen] = values.chosen
        fresh[key.rejected] = values.rejected
      }
      try cache?.keep(fresh)
      known.merge(fresh) { $1 }
    }
    return keys.map { AnswerLogProbabilities(chosen: known[$0.chosen]!, rejected: known[$0.rejected]!) }
  }

  private func compute(_ pairs: [PreferenceRow]) -> [AnswerLogProbabilities] {
    let stream = AnswerStream(pairs, keepsLastTokens: false)
    let values = reference.measure(stream.batch, reading: stream.readRows, workspace: workspace) {
      $0.logProbabilities(stream.answers.flatMap(\.targets)).values
    }
    return AnswerLogProbabilities.split(values, pairs)
  }

  /// SHA-256 of a prompt and an answer: the prompt's length, then all tokens, little-endian.
  static func key(_ prompt: [Int32], _ answer: [Int32]) -> String {
    let numbers = ([Int32(prompt.count)] + prompt + answer).map(\.littleEndian)
    return ContentHash.of(numbers.withUnsafeBytes { Data($0) })
  }
}
