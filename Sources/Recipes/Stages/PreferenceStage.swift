import Models
import Store
import Training

/// Direct preference optimisation: a low-rank update over the fine-tuned model, which is itself the reference.
package struct PreferenceStage: StageRunner {
  let stage: RecipeStage
  let bench: Workbench
  private var training: TrainingStage { TrainingStage(stage: stage, bench: bench) }

  package init(stage: RecipeStage, bench: Workbench) {
    self.stage = stage
    self.bench = bench
  }

  package func inputs() throws -> [StageInput] {
    try [training.startInput()] + JudgedData(stage, bench: bench).inputs()
  }

  package func invalidity(of record: StageRecord) throws -> String? { try bench.lostModel(record) }

  package func run(_ job: StageJob) throws -> StageOutcome {
    let start = try training.start()
    let tokenizer = try bench.models.tokenizer(start)
    let base = try bench.models.base(start, format: stage.weights)
    base.isTrainable = false
    let policy = try training.newRole(base, start: start, tokenizer: tokenizer)
    let data = try JudgedData(stage, bench: bench)
    let settings = stage.settings
    let options = PreferenceOptions(
      optimizer: stage.optimizer,
      loop: stage.loop(seed: training.seed, lengthKey: "maximum_length", context: policy.maximumPositions),
      losses: losses,
      beta: settings.number("beta"), labelSmoothing: settings.number("label_smoothing"))
    let trainer = try PreferenceTrainer(
      policy: policy, reference: Role(base, prompt: try bench.models.prompt(of: start, model: base)),
      rows: data.train.map(tokenizer.row),
      validation: data.validation.map(tokenizer.row), options: options,
      cache: StoredReferences(store: bench.store, modelHash: try referenceIdentity(start)),
      context: training.context(job, tokenizer: tokenizer))
    let outcome = try training.finished(trainer.train())
    let record = try training.save(policy.adapter!, parent: start)
    return StageOutcome(
      training.summary(outcome, validation: "rewards/accuracies"), model: record.id, values: training.values(outcome))
  }

  /// Rounded weights, and products that are rounded, are another reference.
  private func referenceIdentity(_ start: ModelRecord) throws -> String {
    var identity = try bench.models.identity(start)
    if let weights = stage.weights, weights != .f32 { identity = ContentHash.of("\(identity) as \(weights.rawValue)") }
    if stage.matmulPrecision != .highest {
      identity = ContentHash.of("\(identity) at \(stage.matmulPrecision.rawValue) precision")
    }
    return identity
  }

  private var losses: [WeightedLoss] {
    let main = WeightedLoss(PreferenceLossKind(rawValue: stage.settings.text("loss")) ?? .sigmoid)
    let weight = stage.settings.number("sft_weight")
    return weight > 0 ? [main, WeightedLoss(.sft, weight: weight)] : [main]
  }
}
