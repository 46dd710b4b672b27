/// The Bradley-Terry loss of a reward model, with a term that keeps the scores centred.
///
/// -log s(chosen - rejected - margin) + centering (chosen + rejected)². Source: Ouyang et al. 2022; margin: Touvron
/// et al. 2023; centering: Eisenstein et al. 2023.
public struct RewardLoss: Codable, Sendable, Hashable {
  public var centering: Double

  public init(centering: Double = 0.01) { self.centering = centering }

  public struct Result: Sendable {
    public var value: Double
    public var chosenGradient: Double
    public var rejectedGradient: Double
  }

  /// The loss of one pair of scores and its derivatives.
  public func callAsFunction(chosen: Double, rejected: Double, margin: Double = 0) -> Result {
    let distance = chosen - rejected - margin
    let sum = chosen + rejected
    let slope = -Logistic.sigmoid(-distance)
    let pull = 2 * centering * sum
    return Result(
      value: -Logistic.logSigmoid(distance) + centering * sum * sum, chosenGradient: slope + pull,
      rejectedGradient: -slope + pull)
  }
}
