import Models
import Store
import Terminal
import Tokenizers
import Training

import enum Store.JSONValue

/// What all training stages share.
package struct TrainingStage {
  let stage: RecipeStage
  let bench: Workbench

  /// The model that the stage starts from.
  func start() throws -> ModelRecord {
    guard let source = bench.recipe.startingPoint(of: stage) else {
      throw RecipeError.stage(stage.name, problem: "there is no model to start from")
    }
    return try bench.model(of: source.name, for: stage)
  }

  func startInput() throws -> StageInput {
    StageInput("model of \(bench.recipe.startingPoint(of: stage)?.name ?? "")", try bench.models.identity(try start()))
  }

  var seed: UInt64 { stage.seed(in: bench.recipe) }

  func context(_ job: StageJob, tokenizer: Tokenizer) -> TrainingContext {
    TrainingContext(
      checkpoints: bench.models.checkpoints(ofRun: job.run.id), fingerprint: job.fingerprint,
      recorder: RunRecorder(stage: stage, bench: bench, run: job.run.id, tokenizer: tokenizer),
      isCancelled: { Interruption.isRequested }, warn: { bench.log.note(stage, $0) },
      expect: { bench.log.notes(stage, MemoryForecast($0, free: AvailableMemory.bytes).lines) })
  }

  /// Trains the model's weights but those that the recipe freezes.
  /// - Throws: `RecipeError.stage` for patterns that match none or all.
  func train(_ model: LanguageModel) throws {
    do {
      try model.train(freezing: stage.settings.texts("freeze"))
    } catch let error as ModelError {
      throw RecipeError.stage(stage.name, problem: "\(error)")
    }
  }

  /// Shows how many texts were read, and ends the stage when it is to end.
  func reading(of count: Int, _ what: String) -> (Int) throws -> Void {
    { done in
      try bench.checkInterruption(stage)
      bench.log.progress(stage, "reading \(what): \(done)/\(count)")
    }
  }

  /// - Throws: `RecipeError.interrupted` for a run that was cancelled.
  func finished(_ outcome: TrainingOutcome) throws -> TrainingOutcome {
    if outcome.finish == .cancelled { throw RecipeError.interrupted(stage: stage.name) }
    return outcome
  }

  func summary(_ outcome: TrainingOutcome, validation name: String = "loss") -> String {
    let label = name.split(separator: "/").last ?? ""
    var text = "\(outcome.steps) steps, loss \(fixed(outcome.loss, 3))"
    if let value = outcome.validation[name] { text += ", validation \(label) \(fixed(value, 3))" }
    if outcome.finish == .stoppedEarly { text += ", stopped early" }
    if outcome.peakMemory > 0 { text += ", peak \(MemoryForecast.gigabytes(outcome.peakMemory))" }
    return text
  }

  func values(_ outcome: TrainingOutcome) -> JSONValue {
    var values: [String: JSONValue] = [
      "loss": .double(outcome.loss), "steps": .int(outcome.steps),
      "trained_parameters": .int(outcome.trainedParameters), "peak_memory": .int(outcome.peakMemory),
    ]
    for (name, value) in outcome.validation { values["validation/" + name] = .double(value) }
    return .object(values)
  }

  /// Saves trained full weights with their tokenizer.
  func save(_ model: LanguageModel, tokenizer: Tokenizer, parent: ModelRecord) throws -> ModelRecord {
    try bench.models.save(name: "\(bench.recipe.name)/\(stage.name)", kind: .base, parent: parent) { folder in
      try model.save(to: folder)
      try tokenizer.save(to: folder)
    }
  }

  func save(_ adapter: Adapter, kind: ModelRecord.Kind = .adapter, parent: ModelRecord) throws -> ModelRecord {
    try bench.models.save(name: "\(bench.recipe.name)/\(stage.name)", kind: kind, parent: parent) { folder in
      try adapter.save(to: folder)
    }
  }
}
