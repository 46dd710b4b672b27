/// PPO's clipped regression of values on returns: the mean of max((V - R)², (clip(V) - R)²) / 2.
public struct ValueLoss: Codable, Sendable, Hashable {
  /// How far a value may move from what it was at the rollout.
  public var clip: Double

  public init(clip: Double = 0.2) { self.clip = clip }

  public struct Result: Sendable {
    public var loss: Double = 0
    public var gradient: [Double] = []
    public var clipped: Int = 0
  }

  /// - Parameter weight: `LossAveraging.perToken` of the minibatch's value positions, times the loss's coefficient.
  public func callAsFunction(new: [Double], old: [Double], returns: [Double], weight: Double) -> Result {
    precondition(new.count == old.count && new.count == returns.count, "one old and one return a value")
    var result = Result()
    result.gradient.reserveCapacity(new.count)
    for index in new.indices {
      let held = min(max(new[index], old[index] - clip), old[index] + clip)
      let free = new[index] - returns[index]
      let kept = held - returns[index]
      if kept * kept > free * free {
        result.loss += weight * 0.5 * kept * kept
        result.gradient.append(0)
        result.clipped += 1
      } else {
        result.loss += weight * 0.5 * free * free
        result.gradient.append(weight * free)
      }
    }
    return result
  }
}
