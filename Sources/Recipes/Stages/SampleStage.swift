import Models
import Store
import Tokenizers

/// Answers of a model to the pairs' questions, and comparisons between them; done in batches, each kept at once.
package struct SampleStage: StageRunner {
  let stage: RecipeStage
  let bench: Workbench

  package init(stage: RecipeStage, bench: Workbench) {
    self.stage = stage
    self.bench = bench
  }

  private func model() throws -> ModelRecord {
    guard let source = bench.recipe.startingPoint(of: stage) else {
      throw RecipeError.stage(stage.name, problem: "there is no model to ask")
    }
    return try bench.model(of: source.name, for: stage)
  }

  private func prompts() throws -> [Prompt] {
    try TrainingData(bench.store).prompts(
      stage.splits, origins: stage.settings.texts("origins"), limit: stage.settings.integer("prompts"))
  }

  package func inputs() throws -> [StageInput] {
    [
      StageInput("model of \(bench.recipe.startingPoint(of: stage)?.name ?? "")", try bench.models.identity(model())),
      StageInput("prompts", TrainingData.hash(try prompts())),
    ]
  }

  package func invalidity(of record: StageRecord) throws -> String? {
    for id in record.comparisons where try bench.store.comparison(id: id) == nil { return "comparisons are gone" }
    return nil
  }

  package func run(_ job: StageJob) throws -> StageOutcome {
    let model = try model()
    let tokenizer = try bench.models.tokenizer(model)
    let sampler = CompletionSampler(
      store: bench.store, role: try bench.models.role(model), model: model, tokenizer: tokenizer,
      options: stage.sampling(seed: stage.seed(in: bench.recipe), stopTokens: tokenizer.stopTokens),
      answers: stage.settings.integer("answers"), comparisons: stage.settings.integer("comparisons"),
      precision: stage.matmulPrecision)
    let prompts = try prompts()
    guard !prompts.isEmpty else {
      throw RecipeError.stage(stage.name, problem: "the store has no questions to ask: put a pairs stage first")
    }
    let size = stage.settings.integer("batch")
    let done = try bench.store.workItems(stage: StageRecord.key(.sample), fingerprint: job.fingerprint)
    var comparisons: [String] = []
    for first in stride(from: 0, to: prompts.count, by: size) {
      if let output = done[String(first)] {
        comparisons += output.split(separator: " ").map(String.init)
        continue
      }
      try bench.checkInterruption(stage)
      bench.log.progress(stage, "\(first)/\(prompts.count) prompts")
      let batch = Array(prompts[first..<min(prompts.count, first + size)])
      comparisons += try sampler.sample(batch, first: first, run: job.run.id) { made in
        try bench.store.recordWorkItem(
          stage: StageRecord.key(.sample), fingerprint: job.fingerprint, item: String(first),
          output: made.joined(separator: " "))
      }
    }
    let counts = Dictionary(grouping: prompts, by: \.split).mapValues(\.count)
    let splits = Split.allCases.compactMap { split in counts[split].map { "\($0) \(split.rawValue)" } }
    return StageOutcome(
      "\(comparisons.count) comparisons of answers to \(prompts.count) prompts (\(splits.joined(separator: ", ")))",
      comparisons: comparisons)
  }
}
