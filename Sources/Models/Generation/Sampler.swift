import CKernels
import Foundation
import Tensors

/// Chooses a token from one row of logits.
struct Sampler {
  let options: SamplingOptions

  struct Choice {
    let token: Int32
    /// Before filters.
    let logProbability: Float
  }

  /// - Parameters:
  ///   - logits: [V]; used as scratch.
  ///   - seen: tokens of the prompt and answer so far, for the repetition penalty.
  ///   - generator: keyed by sequence and position, so that a batch draws what single runs draw.
  /// - Returns: the token and its log-probability before filters.
  func choose(
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
      let token = likeliest(logits, penalized)
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
    var last = 0
    for (token, logit) in logits.enumerated() {
      let probability = Double(exp(logit - normalizer))
      if probability > 0 { last = token }
      remaining -= probability
      if remaining < 0 { return token }
    }
    return last
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
