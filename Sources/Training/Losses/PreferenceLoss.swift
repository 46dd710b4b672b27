import Foundation

/// Summed log-probabilities of a pair's two answers under policy and reference, nats.
public struct PairLogProbabilities: Sendable, Hashable {
  public var policyChosen: Double
  public var policyRejected: Double
  public var referenceChosen: Double
  public var referenceRejected: Double
  /// Tokens of the answers.
  public var chosenLength: Int
  public var rejectedLength: Int

  public init(
    policyChosen: Double, policyRejected: Double, referenceChosen: Double, referenceRejected: Double,
    chosenLength: Int = 1, rejectedLength: Int = 1
  ) {
    self.policyChosen = policyChosen
    self.policyRejected = policyRejected
    self.referenceChosen = referenceChosen
    self.referenceRejected = referenceRejected
    self.chosenLength = chosenLength
    self.rejectedLength = rejectedLength
  }

  public var chosenLogRatio: Double { policyChosen - referenceChosen }
  public var rejectedLogRatio: Double { policyRejected - referenceRejected }
}

/// A weighted sum of losses of the DPO family, with its gradient.
public struct PreferenceLoss: Codable, Sendable, Hashable {
  public var losses: [WeightedLoss]
  public var beta: Double
  public var labelSmoothing: Double
  public var discopopTemperature: Double
  public var divergence: FDivergence
  public var divergenceAlpha: Double

  public init(
    losses: [WeightedLoss] = [WeightedLoss(.sigmoid)], beta: Double = 0.1, labelSmoothing: Double = 0,
    discopopTemperature: Double = 0.05, divergence: FDivergence = .reverseKL, divergenceAlpha: Double = 0.5
  ) {
    self.losses = losses
    self.beta = beta
    self.labelSmoothing = labelSmoothing
    self.discopopTemperature = discopopTemperature
    self.divergence = divergence
    self.divergenceAlpha = divergenceAlpha
  }

  /// One number a pair each: its loss, and the derivatives of the losses' sum.
  public struct Result: Sendable {
    public var values: [Double]
    /// d sum(values) / d policyChosen, and / d policyRejected.
    public var chosenGradients: [Double]
    public var rejectedGradients: [Double]
  }

  /// Whether the loss needs the log-probabilities of the whole step at once.
  public var couplesPairs: Bool { losses.contains { $0.kind.couplesPairs } }

  /// - Parameter chosenTokensPerPair: the step's chosen tokens divided by its pairs, which `sft` is averaged over;
  ///   nil when `pairs` is the whole step.
  public func callAsFunction(_ pairs: [PairLogProbabilities], chosenTokensPerPair: Double? = nil) -> Result {
    let zeros = [Double](repeating: 0, count: pairs.count)
    var result = Result(values: zeros, chosenGradients: zeros, rejectedGradients: zeros)
    let tokens = chosenTokensPerPair ?? Double(pairs.reduce(0) { $0 + $1.chosenLength }) / Double(max(1, pairs.count))
    for loss in losses {
      if loss.kind.couplesPairs {
        addSorted(loss, pairs, to: &result)
        continue
      }
      for (index, pair) in pairs.enumerated() {
        let term = term(loss.kind, pair, chosenTokensPerPair: tokens)
        result.values[index] += loss.weight * term.value
        result.chosenGradients[index] += loss.weight * term.chosen
        result.rejectedGradients[index] += loss.weight * term.rejected
      }
    }
    return result
  }
}
