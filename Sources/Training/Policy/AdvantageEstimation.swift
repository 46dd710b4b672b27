/// Per-token rewards, advantages and returns of a step's rollouts, as TRL 0.24's PPO trainer defines them.
package struct AdvantageEstimation {
  let options: PolicyOptimizationOptions
  let klCoefficient: Double

  package init(options: PolicyOptimizationOptions, klCoefficient: Double) {
    self.options = options
    self.klCoefficient = klCoefficient
  }

  /// Reward of each value position: the penalty on policy positions, and the score at the last.
  package func rewards(_ rollout: Rollout) -> [Double] {
    var rewards = [Double](repeating: 0, count: rollout.valueCount)
    for index in rollout.answer.indices {
      rewards[index] =
        -klCoefficient
        * options.klEstimator(
          policy: rollout.logProbabilities[index], reference: rollout.referenceLogProbabilities[index])
    }
    rewards[rewards.count - 1] += rollout.score
    return rewards
  }

  /// Fills advantages and returns. Advantages are whitened over all policy positions of the step.
  package func fill(_ rollouts: inout [Rollout]) {
    var rewards = rollouts.map { self.rewards($0) }
    for index in rollouts.indices { rollouts[index].penalty = rewards[index].reduce(0, +) - rollouts[index].score }
    if options.whitensRewards {
      let whitened = Whitening.whiten(rewards.flatMap { $0 }, keepsMean: true)
      rewards = whitened.split(counts: rewards.map(\.count))
    }
    for index in rollouts.indices {
      let estimate = Advantages(
        rewards: rewards[index], values: rollouts[index].values, gamma: options.gamma, lambda: options.lambda)
      rollouts[index].advantages = Array(estimate.advantages.prefix(rollouts[index].answer.count))
      rollouts[index].returns = estimate.returns
    }
    let whitened = Whitening.whiten(rollouts.flatMap(\.advantages)).split(counts: rollouts.map(\.answer.count))
    for index in rollouts.indices { rollouts[index].advantages = whitened[index] }
  }
}

extension Array {
  /// Consecutive parts of the given lengths.
  func split(counts: [Int]) -> [[Element]] {
    var start = 0
    return counts.map { count in
      defer { start += count }
      return Array(self[start..<start + count])
    }
  }
}
