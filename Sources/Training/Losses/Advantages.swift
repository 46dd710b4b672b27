/// Generalised advantage estimation (Schulman et al. 2016) over one episode.
public struct Advantages: Sendable, Hashable {
  public var advantages: [Double]
  /// advantage + value, taken before any whitening.
  public var returns: [Double]

  /// delta_t = r_t + gamma V_{t+1} - V_t; A_t = delta_t + gamma lambda A_{t+1}; V after the end is 0.
  public init(rewards: [Double], values: [Double], gamma: Double, lambda: Double) {
    precondition(rewards.count == values.count, "\(rewards.count) rewards for \(values.count) values")
    advantages = [Double](repeating: 0, count: rewards.count)
    var (nextValue, nextAdvantage) = (0.0, 0.0)
    for t in rewards.indices.reversed() {
      let delta = rewards[t] + gamma * nextValue - values[t]
      nextAdvantage = delta + gamma * lambda * nextAdvantage
      nextValue = values[t]
      advantages[t] = nextAdvantage
    }
    returns = zip(advantages, values).map(+)
  }
}
