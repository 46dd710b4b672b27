/// What a round of rollouts earned.
struct RolloutSummary {
  let reward: Estimate
  /// Of a whole answer from the reference, nats.
  let kl: Estimate
  let length: Double
  let metrics: [String: Double]

  init(_ rollouts: [Rollout]) {
    reward = Estimate(rollouts.map(\.score))
    kl = Estimate(rollouts.map(\.divergence))
    let tokens = rollouts.reduce(0) { $0 + $1.answer.count }
    length = Double(tokens) / Double(max(1, rollouts.count))
    metrics = [
      "reward": reward.mean, "reward_deviation": reward.deviation, "kl": kl.mean,
      "kl_per_token": rollouts.reduce(0) { $0 + $1.divergence } / Double(max(1, tokens)),
      "penalty": Estimate(rollouts.map(\.penalty)).mean,
      "penalised_reward": Estimate(rollouts.map { $0.score + $0.penalty }).mean,
      "returns": Estimate(rollouts.flatMap(\.returns)).mean, "values": Estimate(rollouts.flatMap(\.values)).mean,
      "length": length, "ended": Estimate(rollouts.map { $0.endedByStop ? 1 : 0 }).mean,
    ]
  }
}

extension RolloutReport {
  init(_ rollout: Rollout, prompt: String) {
    self.init(
      prompt: prompt, response: rollout.answer, endedByStop: rollout.endedByStop, reward: rollout.score,
      kl: rollout.divergence,
      statistics: [
        "length": Double(rollout.answer.count), "value": Estimate(rollout.values).mean,
        "advantage": Estimate(rollout.advantages).mean, "return": Estimate(rollout.returns).mean,
        "penalty": rollout.penalty,
      ])
  }
}
