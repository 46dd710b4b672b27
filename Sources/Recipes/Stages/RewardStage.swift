import Models
import Store
import Terminal
import Training

/// A reward model: a low-rank update and a score head over the fine-tuned model, trained on the judgements.
package struct RewardStage: StageRunner {
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
    let adapter = try stage.newAdapter(base, seed: training.seed, scoreHead: true)
    let data = try JudgedData(stage, bench: bench)
    let options = RewardOptions(
      optimizer: stage.optimizer,
      loop: stage.loop(seed: training.seed, lengthKey: "maximum_length", context: base.configuration.maximumPositions),
      centering: stage.settings.number("centre"))
    let trainer = try RewardTrainer(
      role: Role(base, adapter), rows: data.train.map(tokenizer.row), validation: data.validation.map(tokenizer.row),
      options: options, context: training.context(job, tokenizer: tokenizer))
    let outcome = try training.finished(trainer.train())
    let record = try training.save(adapter, kind: .reward, parent: start)
    return StageOutcome(
      training.summary(outcome, validation: "rewards/accuracies"), model: record.id, values: training.values(outcome))
  }
}
