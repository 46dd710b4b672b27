import Ingest
import Store

/// Raw documents to text in the store.
package struct IngestStage: StageRunner {
  let stage: RecipeStage
  let bench: Workbench

  package init(stage: RecipeStage, bench: Workbench) {
    self.stage = stage
    self.bench = bench
  }

  private var paths: [String] { stage.settings.texts("paths").map(bench.recipe.resolve) }

  package func inputs() throws -> [StageInput] {
    [StageInput("files", try IngestPipeline.signature(of: paths))]
  }

  package func invalidity(of record: StageRecord) throws -> String? {
    try bench.store.documentCount() == 0 ? "the store holds no documents" : nil
  }

  package func run(_ job: StageJob) throws -> StageOutcome {
    let options = IngestOptions(license: stage.settings.optionalText("licence"))
    let report = try IngestPipeline(store: bench.store, options: options).run(
      paths: paths, progress: { done, total, _ in bench.log.progress(stage, "\(done)/\(total) files") },
      problem: { bench.log.note(stage, $0) })
    let kept = try bench.store.documentCount()
    guard kept > 0 else {
      throw RecipeError.stage(
        stage.name, problem: "none of the \(report.files) files gave a document: see prep status")
    }
    var summary = "\(kept) documents of \(report.files) files"
    if !report.failures.isEmpty { summary += ", \(report.failures.count) files could not be read" }
    return StageOutcome(summary)
  }
}
