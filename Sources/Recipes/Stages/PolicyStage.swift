import Models
import Store
import Terminal
import Training

/// Proximal policy optimisation: policy, reference, reward and value are roles over one frozen base.
package struct PolicyStage: StageRunner {
  let stage: RecipeStage
  let bench: Workbench
  private var training: TrainingStage { TrainingStage(stage: stage, bench: bench) }

  package init(stage: RecipeStage, bench: Workbench) {
    self.stage = stage
    self.bench = bench
  }

  private func prompts() throws -> [Prompt] {
    try TrainingData(bench.store).prompts([.train], origins: stage.settings.texts("origins"))
  }

  private func rewardModel() throws -> ModelRecord {
    guard let source = bench.recipe.rewardStage(of: stage) else {
      throw RecipeError.stage(stage.name, problem: "there is no reward stage before it")
    }
    return try bench.model(of: source.name, for: stage)
  }

  package func inputs() throws -> [StageInput] {
    [
      try training.startInput(), StageInput("reward model", try bench.models.identity(try rewardModel())),
      StageInput("prompts", TrainingData.hash(try prompts())),
    ]
  }

  package func invalidity(of record: StageRecord) throws -> String? { try bench.lostModel(record) }

  package func run(_ job: StageJob) throws -> StageOutcome {
    let start = try training.start()
    let tokenizer = try bench.models.tokenizer(start)
    let base = try bench.models.base(start, format: stage.weights)
    base.isTrainable = false
    let policy = try training.newRole(base, start: start, tokenizer: tokenizer)
    let reward = try bench.models.role(rewardModel(), format: stage.weights)
    let value = try stage.sharesValueTrunk ? policy.addingScoreHead() : valueModel(like: reward)
    let trainer = try PolicyOptimizationTrainer(
      policy: policy, reference: Role(base, prompt: try bench.models.prompt(of: start, model: base)), value: value,
      reward: .role(reward),
      prompts: try prompts().map(tokenizer.row),
      options: options(stopTokens: tokenizer.stopTokens, context: policy.maximumPositions),
      context: training.context(job, tokenizer: tokenizer))
    let outcome = try training.finished(trainer.train())
    let record = try training.save(policy.adapter!, parent: start)
    let rewards = try bench.store.metrics(run: job.run.id, name: "reward").map(\.value)
    var summary = training.summary(outcome)
    if let first = rewards.first, let last = rewards.last {
      summary += ", reward \(fixed(first, 2)) -> \(fixed(last, 2))"
    }
    return StageOutcome(summary, model: record.id, values: training.values(outcome))
  }

  /// A copy of the reward model, to be trained.
  private func valueModel(like reward: Role) throws -> Role {
    guard let adapter = reward.adapter else {
      throw RecipeError.stage(stage.name, problem: "the reward model has no score head")
    }
    let value = Role(reward.model, try adapter.copy(model: reward.model), prompt: reward.prompt)
    value.adapter?.isTrainable = true
    return value
  }

  private func options(stopTokens: Set<Int32>, context: Int) -> PolicyOptimizationOptions {
    let settings = stage.settings
    var options = PolicyOptimizationOptions()
    options.optimizer = stage.optimizer
    options.valueLearningRate = settings.optionalNumber("value_learning_rate")
    options.loop = stage.loop(seed: training.seed, lengthKey: nil, context: context)
    options.samplesPerPrompt = settings.integer("answers")
    options.sampling = stage.sampling(seed: training.seed, stopTokens: stopTokens)
    options.optimizationEpochs = settings.integer("updates")
    options.minibatches = settings.integer("minibatches")
    options.clip = settings.number("clip")
    options.valueClip = settings.number("value_clip")
    options.valueCoefficient = settings.number("value_weight")
    options.gamma = settings.number("gamma")
    options.lambda = settings.number("lambda")
    options.klCoefficient = settings.number("kl")
    if settings.number("kl_target") > 0 { options.adaptiveKL = AdaptiveKLOptions(target: settings.number("kl_target")) }
    options.whitensRewards = settings.flag("whiten_rewards")
    options.missingEndPenalty = settings.number("missing_end_penalty")
    return options
  }
}

extension RecipeStage {
  /// Whether values are read from the policy's own last states.
  var sharesValueTrunk: Bool { settings.values["value_model"]?.string == "head" }
}
