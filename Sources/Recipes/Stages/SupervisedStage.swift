import Foundation
import Models
import Store
import Tokenizers
import Training

/// Supervised fine-tuning on the instruction pairs, of all weights or of a low-rank update.
package struct SupervisedStage: StageRunner {
  let stage: RecipeStage
  let bench: Workbench
  private var training: TrainingStage { TrainingStage(stage: stage, bench: bench) }

  package init(stage: RecipeStage, bench: Workbench) {
    self.stage = stage
    self.bench = bench
  }

  private func pairs(_ split: Split) -> PairSelection {
    PairSelection(
      bench.store, split: split, origins: stage.settings.texts("origins"), inStoreOrder: !stage.settings.flag("shuffle")
    )
  }

  /// The pairs of a split as rows, made when the run asks for them.
  private func feed(_ split: Split, _ tokenizer: Tokenizer) throws -> RowFeed {
    let pairs = pairs(split)
    let encoder = ParallelEncoder<StoredPair>(progress: try training.reading(of: pairs.count(), "pairs")) {
      tokenizer.row(id: $0.id, try $0.messages())
    }
    return { take in try encoder.run(pairs.forEachPair, take) }
  }

  /// The adapter to start from, where the recipe names one.
  private var adapterFolder: URL? {
    stage.settings.optionalText("adapter").map { URL(fileURLWithPath: bench.recipe.resolve($0)) }
  }

  private func newRole(_ model: LanguageModel, _ start: ModelRecord, _ tokenizer: Tokenizer) throws -> Role {
    guard let adapterFolder else { return try training.newRole(model, start: start, tokenizer: tokenizer) }
    let adapter = try Adapter(folder: adapterFolder, model: model, trainsEncoder: true)
    adapter.setLearningRateRatio(stage.lowRankRatio)
    return Role(model, adapter, prompt: try bench.models.prompt(of: start, model: model))
  }

  package func inputs() throws -> [StageInput] {
    var inputs = [
      try training.startInput(), StageInput("pairs", try pairs(.train).hash()),
      StageInput("validation pairs", try pairs(.validation).hash()),
    ]
    if let adapterFolder {
      let file = adapterFolder.appendingPathComponent("adapter_model.safetensors").path
      inputs.append(StageInput("adapter", try ContentHash.ofFile(file)))
    }
    return inputs
  }

  package func invalidity(of record: StageRecord) throws -> String? { try bench.lostModel(record) }

  package func run(_ job: StageJob) throws -> StageOutcome {
    let start = try training.start()
    let tokenizer = try bench.models.tokenizer(start)
    let isFull = stage.method == .full
    let model = try isFull ? bench.models.freshBase(start) : bench.models.base(start, format: stage.weights)
    if isFull { try training.train(model) } else { model.isTrainable = false }
    if isFull, try bench.models.prompt(of: start, model: model) != nil {
      throw RecipeError.stage(stage.name, problem: "\(start.name) has virtual tokens, which method: full cannot keep")
    }
    let role = try isFull ? Role(model) : newRole(model, start, tokenizer)
    guard try pairs(.train).count() > 0 else {
      throw RecipeError.stage(
        stage.name, problem: "the store has no training pairs: put a pairs stage first, or prep import some")
    }
    let options = SupervisedOptions(
      optimizer: stage.optimizer,
      loop: stage.loop(
        seed: training.seed, lengthKey: "maximum_length", context: role.maximumPositions))
    let trainer = try SupervisedTrainer(
      role: role, feed: feed(.train, tokenizer), validation: feed(.validation, tokenizer),
      options: options, folder: bench.models.checkpoints(ofRun: job.run.id),
      context: training.context(job, tokenizer: tokenizer))
    let outcome = try training.finished(trainer.train())
    let record =
      try role.adapter.map { try training.save($0, parent: start) }
      ?? training.save(model, tokenizer: tokenizer, parent: start)
    return StageOutcome(training.summary(outcome), model: record.id, values: training.values(outcome))
  }
}
