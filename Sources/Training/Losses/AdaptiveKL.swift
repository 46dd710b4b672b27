/// Moves the KL coefficient towards a target divergence (Ziegler et al. 2019).
public struct AdaptiveKLOptions: Codable, Sendable, Hashable {
  /// Wanted divergence of a whole answer, nats.
  public var target: Double
  /// Episodes over which the coefficient may change by its full measure.
  public var horizon: Double

  public init(target: Double = 6, horizon: Double = 10_000) {
    self.target = target
    self.horizon = horizon
  }

  /// coefficient (1 + clip(kl / target - 1, ±0.2) episodes / horizon)
  public func updated(_ coefficient: Double, divergence: Double, episodes: Int) -> Double {
    let error = min(max(divergence / target - 1, -0.2), 0.2)
    return coefficient * (1 + error * Double(episodes) / horizon)
  }
}
