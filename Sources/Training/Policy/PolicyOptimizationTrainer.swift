import Models
import Tensors

/// Proximal policy optimisation (Schulman et al. 2017; Ouyang et al. 2022): sample, score, improve, repeat.
///
/// Follows TRL 0.24's trainer, with gradients clipped and every statistic taken over real tokens only. A step is one
/// round of rollouts and all updates made with it.
public final class PolicyOptimizationTrainer {
  private let options: PolicyOptimizationOptions
  private let prompts: [PromptRow]
  private let validation: [PromptRow]
  private let order: EpochOrder
  private let collector: RolloutCollector
  private let update: MinibatchUpdate
  private let optimizer: AdamW
  private let loop: TrainingLoop
  private var klCoefficient: Double

  public let data: DataReport

  /// - Parameters:
  ///   - value: an adapter of its own with a score head, for which a copy of the reward model's is a good start; or the
  ///     policy with a score head added: one pass then does for both, at half the work.
  ///   - validation: prompts whose answers' mean reward decides which step is the best.
  /// - Throws: `TrainingError` for options or prompts that cannot be used, or roles that do not fit together.
  public init(
    policy: Role, reference: Role, value: Role, reward: RewardSource, prompts: [PromptRow],
    validation: [PromptRow] = [], options: PolicyOptimizationOptions, context: TrainingContext = TrainingContext()
  ) throws {
    try options.check()
    try value.requireScoreHead("value role")
    try policy.requireIndependent("policy", of: reference, "reference")
    if case .role(let role) = reward {
      try role.requireScoreHead("reward model")
      try policy.requireIndependent("policy", of: role, "reward model")
      try value.requireIndependent("value role", of: role, "reward model")
    }
    let trained = try policy.requireTrainable("policy")
    var valued = try value.requireTrainable("value role")
    if value.adapter !== policy.adapter, value.sharesTrunk(with: policy) {
      valued.removeAll { parameter in trained.contains { $0 === parameter } }
    } else {
      try policy.requireIndependent("policy", of: value, "value role")
    }
    let groups = [
      ParameterGroup(name: "policy", parameters: trained), ParameterGroup(name: "value", parameters: valued),
    ]
    let limits = RowLimits(policy, maximumLength: options.loop.maximumLength)
    let answerTokens = options.sampling.maximumNewTokens
    let prepared = try limits.prepare(prompts, answerTokens: answerTokens)
    data = try prepared.report.requireRows("no prompt is left")
    self.prompts = prepared.rows
    self.validation = try limits.prepare(validation, answerTokens: answerTokens).rows
    self.options = options
    klCoefficient = options.klCoefficient
    let workspace = Workspace(precision: options.loop.matmulPrecision)
    collector = RolloutCollector(
      policy: policy, reference: reference, value: value, reward: reward, options: options, workspace: workspace)
    update = MinibatchUpdate(
      policy: policy, value: value, options: options, workspace: workspace,
      flops: FlopCounter(configuration: policy.model.configuration))
    order = EpochOrder(
      count: prepared.rows.count, batchSize: options.loop.batchSize, seed: options.loop.seed,
      shuffles: options.loop.shuffles)
    optimizer = try AdamW(groups: groups, options: options.optimizer, folder: context.checkpoints)
    loop = try TrainingLoop(
      kind: "ppo", options: options.loop, settings: options, optimizer: optimizer, context: context, data: data,
      stepsPerEpoch: order.stepsPerEpoch,
      memory: Self.memory(
        policy, value, others: [reference] + reward.roles, lengths: prepared.rows.map(\.tokens.count), options))
  }

  private static func memory(
    _ policy: Role, _ value: Role, others: [Role], lengths: [Int], _ options: PolicyOptimizationOptions
  ) -> MemoryEstimate {
    let footprint = RolloutFootprint(
      prompts: options.loop.batchSize, samples: options.samplesPerPrompt, lengths: lengths,
      answer: options.sampling.maximumNewTokens, budget: options.loop.microbatchTokens)
    return MemoryEstimate(
      trained: [(policy, footprint.batch, .logProbabilities), (value, footprint.batch, .scores)], others: others,
      optimizer: options.optimizer, loop: options.loop,
      caches: footprint.cacheBytes(policy.model.configuration))
  }

  public var totalSteps: Int { loop.totalSteps }

  /// Trains to the end from the last checkpoint, or until cancelled.
  public func train() throws -> TrainingOutcome { try loop.run(self) }
}

extension PolicyOptimizationTrainer: TrainingProcedure {
  var state: [String: Double] {
    get { ["kl_coefficient": klCoefficient] }
    set { klCoefficient = newValue["kl_coefficient"] ?? options.klCoefficient }
  }

  func step(_ step: Int, learningRate: Double) throws -> StepResult {
    let prompts = order.items(step: step).map { self.prompts[$0] }
    var generator = CounterGenerator(seed: options.loop.seed, purpose: "rollout", step: step)
    var rollouts = collector.collect(prompts, seed: generator.next())
    AdvantageEstimation(options: options, klCoefficient: klCoefficient).fill(&rollouts)
    let valueRate = options.valueLearningRate.map { learningRate / options.optimizer.learningRate * $0 } ?? learningRate
    let (statistics, operations) = try improve(
      rollouts, prompts, seed: generator.next(), learningRates: [learningRate, valueRate])
    let summary = RolloutSummary(rollouts)
    let means = statistics.means
    var metrics = means.merging(summary.metrics) { $1 }
    metrics["kl_coefficient"] = klCoefficient
    metrics["skipped_minibatches"] = Double(statistics.skipped)
    if let adaptive = options.adaptiveKL {
      klCoefficient = adaptive.updated(klCoefficient, divergence: summary.kl.mean, episodes: rollouts.count)
    }
    return StepResult(
      loss: (means["policy/loss"] ?? 0) + options.valueCoefficient * (means["value/loss"] ?? 0),
      gradientNorm: statistics.meanPolicyNorm, targetTokens: rollouts.reduce(0) { $0 + $1.answer.count },
      totalTokens: rollouts.reduce(0) { $0 + $1.answer.count + prompts[$1.prompt].tokens.count },
      floatingPointOperations: operations, metrics: metrics, rows: prompts.map(\.id),
      rollouts: rollouts.map { RolloutReport($0, prompt: prompts[$0.prompt].id) })
  }

  /// The policy samples as it does in training, always with the same seed.
  func validate() throws -> [String: Double] {
    guard !validation.isEmpty else { return [:] }
    let summary = RolloutSummary(collector.collect(validation, seed: options.loop.seed))
    return [
      "loss": -summary.reward.mean, "reward": summary.reward.mean,
      "reward_standard_error": summary.reward.standardError, "kl": summary.kl.mean, "length": summary.length,
    ]
  }

  private func improve(
    _ rollouts: [Rollout], _ prompts: [PromptRow], seed: UInt64, learningRates: [Double]
  ) throws -> (PolicyStatistics, operations: Double) {
    var statistics = PolicyStatistics()
    var operations = 0.0
    for epoch in 0..<options.optimizationEpochs {
      let shuffled = CounterGenerator.permutation(count: prompts.count, seed: seed, epoch: epoch)
      let size = (prompts.count + options.minibatches - 1) / options.minibatches
      for start in stride(from: 0, to: shuffled.count, by: size) {
        let chosen = shuffled[start..<min(shuffled.count, start + size)]
        let minibatch = chosen.flatMap { prompt in
          rollouts[prompt * options.samplesPerPrompt..<(prompt + 1) * options.samplesPerPrompt]
        }
        optimizer.zeroGradients()
        let pass = update.accumulate(minibatch, prompts)
        operations += pass.operations
        try requireFinite(pass.policyLoss + pass.valueLoss)
        let isUsable = pass.meanRatio <= options.maximumRatio
        statistics.add(pass, norms: isUsable ? try optimizer.update(learningRates: learningRates) : nil)
        if let target = options.targetKL, pass.divergence > 1.5 * target { return (statistics, operations) }
      }
    }
    return (statistics, operations)
  }
}
