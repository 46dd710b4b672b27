import Foundation

/// PPO's clipped surrogate over tokens: the mean of max(-A ratio, -A clip(ratio)).
///
/// Source: Schulman et al. 2017; dual clipping: Ye et al. 2020.
public struct PolicyLoss: Codable, Sendable, Hashable {
  public var clip: Double
  /// Bounds the loss of tokens with a negative advantage at this multiple of it; above 1.
  public var dualClip: Double?

  /// Log-ratios beyond this are cut, so that a ratio stays finite.
  static let largestLogRatio: Double = 20

  public init(clip: Double = 0.2, dualClip: Double? = nil) {
    self.clip = clip
    self.dualClip = dualClip
  }

  /// Sums over the tokens given; means are for whoever knows all tokens of the minibatch.
  public struct Result: Sendable {
    /// Weighted loss, and its derivative by each new log-probability.
    public var loss: Double = 0
    public var gradient: [Double] = []
    public var clipped: Int = 0
    public var ratioSum: Double = 0
    /// Sum of (new - old)² / 2, which estimates the divergence from the policy that sampled.
    public var divergenceSum: Double = 0
  }

  /// - Parameter weight: `LossAveraging.perToken` of the minibatch.
  public func callAsFunction(new: [Double], old: [Double], advantages: [Double], weight: Double) -> Result {
    precondition(new.count == old.count && new.count == advantages.count, "one old and one advantage a token")
    var result = Result()
    result.gradient.reserveCapacity(new.count)
    for index in new.indices {
      let difference = new[index] - old[index]
      let logRatio = min(max(difference, -Self.largestLogRatio), Self.largestLogRatio)
      let ratio = exp(logRatio)
      let advantage = advantages[index]
      let free = -advantage * ratio
      let held = -advantage * min(max(ratio, 1 - clip), 1 + clip)
      var (value, slope) = free >= held ? (free, logRatio == difference ? free : 0) : (held, 0)
      if held > free { result.clipped += 1 }
      if let dualClip, advantage < 0, value > -advantage * dualClip { (value, slope) = (-advantage * dualClip, 0) }
      result.loss += weight * value
      result.gradient.append(weight * slope)
      result.ratioSum += ratio
      result.divergenceSum += 0.5 * difference * difference
    }
    return result
  }
}
