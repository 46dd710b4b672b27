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
      try training.startInput(), StageInput("documents", CorpusText.hash(corpus.train)),
      StageInput("held-out documents", CorpusText.hash(corpus.validation)),
    ]
  }

  package func invalidity(of record: StageRecord) throws -> String? { try bench.lostModel(record) }

  package func run(_ job: StageJob) throws -> StageOutcome {
    let start = try training.start()
    let tokenizer = try bench.models.tokenizer(start)
    let model = try bench.models.freshBase(start)
    model.isTrainable = true
    let corpus = try CorpusText(bench.store)
    guard !corpus.train.isEmpty else {
      throw RecipeError.stage(stage.name, problem: "the store has no documents: put an ingest stage first")
    }
    func rows(_ entries: [CorpusText.Entry]) -> [TrainingRow] {
      entries.map { TrainingRow(id: $0.id, document: tokenizer.encode($0.text, parsingSpecial: false)) }
    }
    let options = SupervisedOptions(
      optimizer: stage.optimizer,
      loop: stage.loop(
        seed: training.seed, lengthKey: "window", context: model.configuration.maximumPositions), packing: .windows,
      endOfText: tokenizer.endOfSequence ?? tokenizer.endOfTurn)
    let trainer = try SupervisedTrainer(
      role: Role(model), rows: rows(corpus.train), validation: rows(corpus.validation), options: options,
      context: training.context(job, tokenizer: tokenizer))
    let outcome = try training.finished(trainer.train())
    let record = try training.save(model, tokenizer: tokenizer, parent: start)
    return StageOutcome(training.summary(outcome), model: record.id, values: training.values(outcome))
  }
}
