import Foundation

/// Estimators of KL(policy || reference) from one sampled token (Schulman 2020, "Approximating KL divergence").
public enum KLEstimator: String, Codable, Sendable, CaseIterable {
  /// log p - log q: unbiased, may be negative.
  case k1
  /// (log p - log q)² / 2: low variance, biased.
  case k2
  /// exp(d) - 1 - d with d = log q - log p: unbiased and never negative.
  case k3

  public func callAsFunction(policy: Double, reference: Double) -> Double {
    let d = reference - policy
    switch self {
    case .k1: return -d
    case .k2: return 0.5 * d * d
    case .k3: return exp(d) - 1 - d
    }
  }
}
