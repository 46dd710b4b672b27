import Foundation
import Store
import Tensors
import Terminal

/// Brings the stages of a recipe up to date, in order.
public final class RecipeRun {
  package let bench: Workbench
  private let program: String

  /// - Parameter program: The program's name and version, kept with every run.
  public init(recipe: Recipe, store: Store, program: String, log: RunLog = RunLog()) {
    bench = Workbench(recipe: recipe, store: store, log: log)
    self.program = program
  }

  /// What would run, and why; nothing is changed.
  public func plan() throws -> [PlannedStage] {
    try bench.checkStoredWeights()
    bench.done = [:]
    let planner = Planner(bench)
    return try bench.stages.map { stage in
      let assessment = try planner.assess(stage)
      return PlannedStage(
        name: stage.name, kind: stage.kind, status: assessment.status, summary: bench.done[stage.name]?.summary,
        memory: assessment.status.isUpToDate ? nil : try Self.memory(stage, bench.recipe))
    }
  }

  /// The plan where there is no store yet: everything runs.
  public static func planWithoutStore(_ recipe: Recipe) throws -> [PlannedStage] {
    try recipe.stagesWithModel.map { stage in
      let needs = recipe.needs(of: stage).first
      return PlannedStage(
        name: stage.name, kind: stage.kind, status: .stale(reason: needs.map { "after \($0.name)" } ?? "never run"),
        summary: nil, memory: try memory(stage, recipe))
    }
  }

  /// - Throws: `RecipeError.stage` for weights to freeze that the model does not have.
  private static func memory(_ stage: RecipeStage, _ recipe: Recipe) throws -> MemoryForecast? {
    do {
      return try StageForecast(stage, recipe: recipe).map { MemoryForecast(try $0.estimate(), free: nil) }
    } catch {
      throw RecipeError.stage(stage.name, problem: "\(error)")
    }
  }

  /// What the recipe's last eval stage found; nil without one that is up to date.
  public var evaluation: EvaluationResult? {
    let stage = bench.stages.last { $0.kind == .eval }
    return stage.flatMap { bench.done[$0.name] }.flatMap { EvaluationResult(stored: $0.values) }
  }

  /// Runs what is stale.
  /// - Parameters:
  ///   - only: A stage's name: run it alone, if what it needs is up to date.
  ///   - kinds: Kinds of stages to run; nil for all.
  /// - Throws: `RecipeError.waiting` when people have to label first, `RecipeError.interrupted` after Ctrl-C, and
  ///   whatever a stage throws.
  public func run(only: String? = nil, kinds: Set<StageKind>? = nil) throws {
    let lock = try StoreLock(store: bench.store.path)
    defer { withExtendedLifetime(lock) {} }
    if let only, !bench.stages.contains(where: { $0.name == only }) {
      let names = bench.stages.map(\.name)
      let hint = nearestName(to: only, among: names).map { "did you mean \($0)?" }
      throw RecipeError.usage(
        "the recipe has no stage \(only): " + (hint ?? "there are " + names.joined(separator: ", ")))
    }
    try bench.checkStoredWeights()
    if bench.recipe.threads > 0 { Threads.count = bench.recipe.threads }
    bench.done = [:]
    let planner = Planner(bench)
    for stage in bench.stages {
      try bench.checkInterruption(stage)
      if let kinds, !kinds.contains(stage.kind) { continue }
      let assessment = try planner.assess(stage)
      if assessment.status.isUpToDate {
        bench.log.upToDate(stage, summary: bench.done[stage.name]?.summary ?? "")
        if stage.name == only { return }
        continue
      }
      if let only, stage.name != only { continue }
      if case .waiting(let missing, let command) = assessment.status {
        throw RecipeError.waiting(stage: stage.name, missing: missing, command: command)
      }
      guard let fingerprint = assessment.fingerprint else {
        let needs = bench.recipe.needs(of: stage).filter { bench.done[$0.name] == nil }.map(\.name)
        throw RecipeError.usage(
          "\(stage.name) needs \(needs.joined(separator: ", ")) first: run the recipe without --stage")
      }
      try execute(stage, fingerprint: fingerprint, inputs: assessment.inputs, reason: assessment.status.text)
      if stage.name == only { return }
    }
  }

  private func execute(_ stage: RecipeStage, fingerprint: String, inputs: [StageInput], reason: String) throws {
    let store = bench.store
    let run = try openRun(stage, fingerprint: fingerprint)
    bench.log.begin(stage, reason: reason)
    let start = ContinuousClock.now
    do {
      let runner = stage.kind.runner.init(stage: stage, bench: bench)
      let outcome = try runner.run(StageJob(fingerprint: fingerprint, inputs: inputs, run: run))
      let seconds = (ContinuousClock.now - start).seconds
      let record = StageRecord(
        stage: stage, recipe: bench.recipe, fingerprint: fingerprint, inputs: inputs, outcome: outcome, run: run.id,
        seconds: seconds)
      try store.atomically {
        try store.recordStageResult(record.result)
        try store.setRunState(id: run.id, .done, message: outcome.summary, outputModel: outcome.model)
      }
      try bench.models.removeCheckpoints(ofRun: run.id)
      bench.done[stage.name] = record
      bench.log.end(stage, summary: outcome.summary, seconds: seconds)
    } catch {
      let interrupted = if case RecipeError.interrupted = error { true } else { false }
      bench.log.clear()
      // The first error is the one to show, should the store fail as well.
      try? store.setRunState(id: run.id, interrupted ? .interrupted : .failed, message: "\(error)")
      throw error
    }
  }

  /// The unfinished run of this fingerprint, to go on with, or a new one.
  private func openRun(_ stage: RecipeStage, fingerprint: String) throws -> Run {
    if var run = try bench.store.lastRun(stage: stage.kind.rawValue, fingerprint: fingerprint), run.state != .done {
      try bench.store.setRunState(id: run.id, .running)
      run.state = .running
      return run
    }
    let input = try [bench.recipe.startingPoint(of: stage)].compactMap { $0 }
      .first { _ in stage.kind.isTraining || stage.kind == .sample }
      .flatMap { try bench.model(of: $0.name, for: stage).id }
    let run = Run(
      recipe: bench.recipe.name, stage: stage.kind.rawValue, fingerprint: fingerprint,
      parameters: ["name": .string(stage.name), "settings": stage.parameters, "recipe": .string(bench.recipe.text)],
      seed: stage.seed(in: bench.recipe), program: program, inputModel: input)
    try bench.store.startRun(run)
    return run
  }
}
