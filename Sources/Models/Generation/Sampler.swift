import CKernels
import Foundation
import Tensors

/// Chooses a token from one row of logits.
package struct Sampler {
  private let options: SamplingOptions

  package struct Choice {
    package let token: Int32
    /// Before filters.
    package let logProbability: Float
  }

  package init(options: SamplingOptions) { self.options = options }

  /// - Parameters:
  ///   - logits: [V]; used as scratch.
  ///   - seen: tokens of the prompt and answer so far, for the repetition penalty.
  ///   - generator: keyed by sequence and position, so that a batch draws what single runs draw.
  /// - Returns: the token and its log-probability before filters.
  package func choose(
    _ logits: UnsafeMutableBufferPointer<Float>, seen: () -> Set<Int32>, generator: inout CounterGenerator
  ) -> Choice {
    let isGreedy = options.temperature <= 0
    if !isGreedy && options.temperature != 1 {
      ck_scale(logits.baseAddress, 1 / options.temperature, logits.count)
    }
    var (maximum, sum) = (-Float.infinity, Float(0))
    ck_logsumexp_update(&maximum, &sum, nil, logits.baseAddress, 1, logits.count, logits.count)
    let normalizer = maximum + log(sum)
    let unfiltered = { (token: Int) in logits[token] - normalizer }

    var penalized: [Int: Float] = [:]
    if options.repetitionPenalty != 1 {
      for token in seen() where Int(token) < logits.count {
        let logit = logits[Int(token)]
        penalized[Int(token)] = logit > 0 ? logit / options.repetitionPenalty : logit * options.repetitionPenalty
      }
    }
    if isGreedy || options.topK == 1 {
      let first = penalized.isEmpty ? logits.firstIndex(of: maximum) : nil
      let token = first ?? likeliest(logits, penalized)
      return Choice(token: Int32(token), logProbability: unfiltered(token))
    }
    if penalized.isEmpty && options.topK == 0 && options.topP >= 1 && options.minP <= 0 {
      let token = draw(logits, normalizer: normalizer, generator: &generator)
      return Choice(token: Int32(token), logProbability: unfiltered(token))
    }
    let token = drawFiltered(logits, penalized, generator: &generator)
    return Choice(token: Int32(token), logProbability: unfiltered(token))
  }

  private func likeliest(_ logits: UnsafeMutableBufferPointer<Float>, _ penalized: [Int: Float]) -> Int {
    var best = (token: 0, logit: -Float.infinity)
    for (token, logit) in logits.enumerated() {
      let logit = penalized.isEmpty ? logit : penalized[token] ?? logit
      if logit > best.logit { best = (token, logit) }
    }
    return best.token
  }

  private func draw(
    _ logits: UnsafeMutableBufferPointer<Float>, normalizer: Float, generator: inout CounterGenerator
  ) -> Int {
    var remaining = generator.nextUniformDouble()
    // A block at a time, so that the exponentials go into vectors; its sum says whether the token may lie in it.
    let found = withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.block) { block -> Int? in
      let probabilities = block.baseAddress!
      for first in stride(from: 0, to: logits.count, by: Self.block) {
        let count = min(Self.block, logits.count - first)
        probabilities.update(from: logits.baseAddress! + first, count: count)
        var (normalizer, scale) = (normalizer, Float(1))
        ck_softmax_scaled(probabilities, &normalizer, &scale, 1, count, count)
        let after = remaining - Self.sum(probabilities, count)
        if after >= 0 {
          remaining = after
          continue
        }
        for index in 0..<count {
          remaining -= Double(probabilities[index])
          if remaining < 0 { return first + index }
        }
      }
      return nil
    }
    // Rounding may leave a rest: it is the last token's that can be drawn.
    return found ?? logits.lastIndex { exp($0 - normalizer) > 0 } ?? 0
  }

  private static let block = 512

  private static func sum(_ values: UnsafePointer<Float>, _ count: Int) -> Double {
    var sums = SIMD4<Double>.zero
    let whole = count / 4 * 4
    for index in stride(from: 0, to: whole, by: 4) {
      sums += SIMD4(
        Double(values[index]), Double(values[index + 1]), Double(values[index + 2]), Double(values[index + 3]))
    }
    return (whole..<count).reduce(sums.sum()) { $0 + Double(values[$1]) }
  }

  private func drawFiltered(
    _ logits: UnsafeMutableBufferPointer<Float>, _ penalized: [Int: Float], generator: inout CounterGenerator
  ) -> Int {
    let adjusted = { (token: Int) in penalized[token] ?? logits[token] }
    var candidates = Array(logits.indices)
    candidates.sort { (adjusted($0), $1) > (adjusted($1), $0) }
    if options.topK > 0 { candidates.removeLast(max(0, candidates.count - options.topK)) }
    let top = adjusted(candidates[0])
    var weights = candidates.map { Double(exp(adjusted($0) - top)) }
    let total = weights.reduce(0, +)
    if options.topP < 1 {
      var cumulative = 0.0
      let keep = weights.firstIndex { weight in
        cumulative += weight / total
        return cumulative >= Double(options.topP)
      }
      if let keep { weights.removeLast(weights.count - keep - 1) }
    }
    if options.minP > 0 {
      let keep = weights.prefix { $0 >= Double(options.minP) }.count
      weights.removeLast(weights.count - max(1, keep))
    }
    var remaining = generator.nextUniformDouble() * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() {
      remaining -= weight
      if remaining < 0 { return candidates[index] }
    }
    return candidates[weights.count - 1]
  }
}
