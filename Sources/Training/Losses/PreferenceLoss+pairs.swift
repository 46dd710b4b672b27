import Foundation

extension PreferenceLoss {
  /// A pair's loss and its derivatives by the two log-ratios.
  struct Term {
    var value: Double
    var chosen: Double
    var rejected: Double
  }

  /// Losses that look at one pair. c, r: log-ratios of chosen and rejected; D: difference of their scores.
  func term(_ kind: PreferenceLossKind, _ pair: PairLogProbabilities, chosenTokensPerPair: Double) -> Term {
    let (c, r) = (pair.chosenLogRatio, pair.rejectedLogRatio)
    switch kind {
    case .sigmoid: return margin(pair, perToken: false, smoothedLogistic)
    case .sigmoidNorm: return margin(pair, perToken: true) { (-Logistic.logSigmoid($0), -Logistic.sigmoid(-$0)) }
    case .hinge: return margin(pair, perToken: false) { $0 < 1 ? (1 - $0, -1) : (0, 0) }
    case .ipo: return squaredMargin(pair)
    case .exoPair: return margin(pair, perToken: false, reverseCrossEntropy)
    case .robust: return margin(pair, perToken: false, robustLogistic)
    case .discopop: return margin(pair, perToken: false, blendedLogistic)
    case .ncaPair:
      return Term(
        value: -Logistic.logSigmoid(beta * c) - 0.5 * Logistic.logSigmoid(-beta * c)
          - 0.5 * Logistic.logSigmoid(-beta * r),
        chosen: beta * (0.5 * Logistic.sigmoid(beta * c) - Logistic.sigmoid(-beta * c)),
        rejected: beta * 0.5 * Logistic.sigmoid(beta * r))
    case .bcoPair:
      return Term(
        value: -Logistic.logSigmoid(beta * c) - Logistic.logSigmoid(-beta * r),
        chosen: -beta * Logistic.sigmoid(-beta * c), rejected: beta * Logistic.sigmoid(beta * r))
    case .sppoHard:
      let half = 0.5 / beta
      return Term(
        value: (c - half) * (c - half) + (r + half) * (r + half), chosen: 2 * (c - half), rejected: 2 * (r + half))
    case .apoZero:
      let (sc, sr) = (Logistic.sigmoid(beta * c), Logistic.sigmoid(beta * r))
      return Term(value: 1 - sc + sr, chosen: -beta * sc * (1 - sc), rejected: beta * sr * (1 - sr))
    case .apoDown:
      let (sc, sd) = (Logistic.sigmoid(beta * c), Logistic.sigmoid(beta * (c - r)))
      let slope = beta * sd * (1 - sd)
      return Term(value: sc + 1 - sd, chosen: beta * sc * (1 - sc) - slope, rejected: slope)
    case .sft:
      return Term(value: -pair.policyChosen / chosenTokensPerPair, chosen: -1 / chosenTokensPerPair, rejected: 0)
    case .aot, .aotUnpaired:
      preconditionFailure("\(kind.rawValue) sorts over the step and has no loss of one pair")
    }
  }

  /// A loss of z = beta D, from its value and derivative by z.
  private func margin(
    _ pair: PairLogProbabilities, perToken: Bool, _ loss: (Double) -> (value: Double, derivative: Double)
  ) -> Term {
    let scores = scores(pair, perToken: perToken)
    let (value, derivative) = loss(beta * (scores.chosen.value - scores.rejected.value))
    return Term(
      value: value, chosen: derivative * beta * scores.chosen.derivative,
      rejected: -derivative * beta * scores.rejected.derivative)
  }

  private func squaredMargin(_ pair: PairLogProbabilities) -> Term {
    let scores = scores(pair, perToken: true)
    let distance = scores.chosen.value - scores.rejected.value - 1 / (2 * beta)
    return Term(
      value: distance * distance, chosen: 2 * distance * scores.chosen.derivative,
      rejected: -2 * distance * scores.rejected.derivative)
  }

  private typealias Score = (value: Double, derivative: Double)

  private func scores(_ pair: PairLogProbabilities, perToken: Bool) -> (chosen: Score, rejected: Score) {
    var chosen = divergence.score(pair.chosenLogRatio, alpha: divergenceAlpha)
    var rejected = divergence.score(pair.rejectedLogRatio, alpha: divergenceAlpha)
    if perToken {
      let (n, m) = (Double(max(1, pair.chosenLength)), Double(max(1, pair.rejectedLength)))
      chosen = (chosen.value / n, chosen.derivative / n)
      rejected = (rejected.value / m, rejected.derivative / m)
    }
    return (chosen, rejected)
  }

  /// -(1-e) log s(z) - e log s(-z)
  func smoothedLogistic(_ z: Double) -> (value: Double, derivative: Double) {
    let e = labelSmoothing
    return (
      -(1 - e) * Logistic.logSigmoid(z) - e * Logistic.logSigmoid(-z),
      -(1 - e) * Logistic.sigmoid(-z) + e * Logistic.sigmoid(z)
    )
  }

  /// [-(1-e) log s(z) + e log s(-z)] / (1 - 2e)
  private func robustLogistic(_ z: Double) -> (value: Double, derivative: Double) {
    let e = labelSmoothing
    return (
      (-(1 - e) * Logistic.logSigmoid(z) + e * Logistic.logSigmoid(-z)) / (1 - 2 * e),
      (-(1 - e) * Logistic.sigmoid(-z) - e * Logistic.sigmoid(z)) / (1 - 2 * e)
    )
  }

  /// q (log q - log(1-e)) + (1-q) (log(1-q) - log e), q = s(z)
  private func reverseCrossEntropy(_ z: Double) -> (value: Double, derivative: Double) {
    let e = labelSmoothing
    let (q, p) = (Logistic.sigmoid(z), Logistic.sigmoid(-z))
    let better = Logistic.logSigmoid(z) - log1p(-e)
    let worse = Logistic.logSigmoid(-z) - log(e)
    return (q * better + p * worse, q * p * (better - worse))
  }

  /// (1-m) (-log s(z)) + m exp(-z), m = s(z / temperature)
  private func blendedLogistic(_ z: Double) -> (value: Double, derivative: Double) {
    let m = Logistic.sigmoid(z / discopopTemperature)
    let (logistic, exponential) = (-Logistic.logSigmoid(z), exp(-z))
    let slope = m * (1 - m) / discopopTemperature
    return (
      (1 - m) * logistic + m * exponential,
      -(1 - m) * Logistic.sigmoid(-z) - m * exponential + slope * (exponential - logistic)
    )
  }
}
