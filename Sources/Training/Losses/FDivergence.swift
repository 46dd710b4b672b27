import Foundation

/// What a log-ratio log(policy / reference) is worth to a preference loss, by the divergence that holds the policy.
///
/// Source: f-DPO (Wang et al. 2023): the score is f'(ratio), up to a constant that cancels in differences.
public enum FDivergence: String, Codable, Sendable, CaseIterable {
  case reverseKL = "reverse_kl"
  case forwardKL = "forward_kl"
  case jensenShannon = "js_divergence"
  case alpha = "alpha_divergence"

  /// Exponents are cut here so that they stay finite in f32 too.
  private static let largestExponent: Double = 80

  /// - Returns: the score of log-ratio `u`, and its derivative.
  public func score(_ u: Double, alpha: Double) -> (value: Double, derivative: Double) {
    switch self {
    case .reverseKL:
      return (u, 1)
    case .forwardKL:
      return (1 - exp(-u), exp(-u))
    case .jensenShannon:
      return (log(2) + Logistic.logSigmoid(u), Logistic.sigmoid(-u))
    case .alpha:
      guard abs(alpha - 1) >= 1e-6 else { return (u, 1) }
      let exponent = (alpha - 1) * u
      guard exponent < Self.largestExponent else { return ((exp(Self.largestExponent) - 1) / (alpha - 1), 0) }
      return ((exp(exponent) - 1) / (alpha - 1), exp(exponent))
    }
  }
}
