import Models
import Tensors

/// Log-probabilities of a pair's answers, token by token, nats.
struct AnswerLogProbabilities {
  var chosen: [Float]
  var rejected: [Float]

  /// Pairs of one stream, from the flat values of its targets.
  static func split(_ values: [Float], _ pairs: some Sequence<PreferenceRow>) -> [AnswerLogProbabilities] {
    var start = 0
    func take(_ count: Int) -> [Float] {
      defer { start += count }
      return Array(values[start..<start + count])
    }
    return pairs.map { AnswerLogProbabilities(chosen: take($0.chosen.count), rejected: take($0.rejected.count)) }
  }

  /// Weights of an answer's tokens in its sum: LD-DPO weighs those beyond the shorter answer by alpha.
  static func weights(_ pair: PreferenceRow, lengthAlpha: Double?) -> (chosen: [Double], rejected: [Double]) {
    let shared = min(pair.chosen.count, pair.rejected.count)
    func weights(_ count: Int) -> [Double] { (0..<count).map { $0 < shared ? 1 : lengthAlpha ?? 1 } }
    return (weights(pair.chosen.count), weights(pair.rejected.count))
  }

  static func sum(_ values: [Float], _ weights: [Double]) -> Double {
    zip(values, weights).reduce(0) { $0 + Double($1.0) * $1.1 }
  }
}
