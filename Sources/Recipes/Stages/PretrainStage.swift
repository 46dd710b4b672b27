import Models
import Store
import Training

/// Next-token training of all weights on the documents' text.
package struct PretrainStage: StageRunner {
  let stage: RecipeStage
  let bench: Workbench
  private var training: TrainingStage { TrainingStage(stage: stage, bench: bench) }

  package init(stage: RecipeStage, bench: Workbench) {
    self.stage = stage
    self.bench = bench
  }

  package func inputs() throws -> [StageInput] {
    let corpus = try CorpusText(bench.store)
    return [
      try training.startInput(), StageInput("documents", try corpus.hash(.train)),
      StageInput("held-out documents", try corpus.hash(.validation)),
    ]
  }

  package func invalidity(of record: StageRecord) throws -> String? { try bench.lostModel(record) }

  package func run(_ job: StageJob) throws -> StageOutcome {
    let start = try training.start()
    let tokenizer = try bench.models.tokenizer(start)
    let model = try bench.models.freshBase(start)
    try training.train(model)
    let corpus = try CorpusText(bench.store)
    guard try bench.store.documentCount() > 0 else {
      throw RecipeError.stage(stage.name, problem: "the store has no documents: put an ingest stage first")
    }
    let encoder = ParallelEncoder<(id: String, text: String)>(
      progress: try training.reading(of: bench.store.documentCount(), "documents")
    ) {
      TrainingRow(id: $0.id, document: tokenizer.encode($0.text, parsingSpecial: false))
    }
    func feed(_ split: Split) -> RowFeed {
      { take in try encoder.run({ item in try corpus.forEachText(split) { try item(($0, $1)) } }, take) }
    }
    let options = SupervisedOptions(
      optimizer: stage.optimizer,
      loop: stage.loop(
        seed: training.seed, lengthKey: "window", context: model.configuration.maximumPositions), packing: .windows,
      endOfText: tokenizer.endOfSequence ?? tokenizer.endOfTurn)
    let trainer = try SupervisedTrainer(
      role: Role(model), feed: feed(.train), validation: feed(.validation), options: options,
      folder: bench.models.checkpoints(ofRun: job.run.id), context: training.context(job, tokenizer: tokenizer))
    let outcome = try training.finished(trainer.train())
    let record = try training.save(model, tokenizer: tokenizer, parent: start)
    return StageOutcome(training.summary(outcome), model: record.id, values: training.values(outcome))
  }
}
