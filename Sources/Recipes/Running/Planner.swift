import Store

/// Whether a stage has to run, and why.
public enum StageStatus: Sendable {
  case upToDate
  case stale(reason: String)
  /// People have to act first.
  case waiting(missing: Int, command: String)

  public var text: String {
    switch self {
    case .upToDate: "up to date"
    case .stale(let reason): reason
    case .waiting(let missing, _): "waiting for \(missing) labels"
    }
  }

  public var isUpToDate: Bool { if case .upToDate = self { true } else { false } }
}

/// Compares stages with what the store holds.
package struct Planner {
  package let bench: Workbench

  package init(_ bench: Workbench) { self.bench = bench }

  /// A stage with everything that decides whether it runs.
  package struct Assessment {
    package var status: StageStatus
    /// Nil while a stage before this one has to run first.
    package var fingerprint: String?
    package var inputs: [StageInput] = []
  }

  /// Assesses a stage and, when it is up to date, notes its record for the stages after it.
  package func assess(_ stage: RecipeStage) throws -> Assessment {
    if let missing = bench.recipe.needs(of: stage).first(where: { bench.done[$0.name] == nil }) {
      return Assessment(status: .stale(reason: "after \(missing.name)"))
    }
    let runner = stage.kind.runner.init(stage: stage, bench: bench)
    let inputs = try runner.inputs()
    let fingerprint = Self.fingerprint(stage, recipe: bench.recipe, inputs: inputs)
    var assessment = Assessment(status: .upToDate, fingerprint: fingerprint, inputs: inputs)
    if let result = try bench.store.stageResult(stage: StageRecord.key(stage.kind), fingerprint: fingerprint) {
      let record = StageRecord(result)
      if let reason = try runner.invalidity(of: record) {
        assessment.status = .stale(reason: "stale: " + reason)
      } else {
        bench.done[stage.name] = record
      }
      return assessment
    }
    if let labels = runner as? LabelStage, let missing = try labels.missingJudgements(), missing > 0 {
      assessment.status = .waiting(missing: missing, command: labels.command)
      return assessment
    }
    assessment.status = .stale(reason: try reason(stage, inputs: inputs, fingerprint: fingerprint))
    return assessment
  }

  package static func fingerprint(_ stage: RecipeStage, recipe: Recipe, inputs: [StageInput]) -> String {
    Fingerprint.ofStage(
      stage.kind.rawValue, version: stage.kind.version, parameters: stage.parameters,
      inputs: inputs.map { "\($0.name) \($0.hash)" }, seed: stage.seed(in: recipe))
  }

  /// What changed since the stage last ran for this recipe.
  private func reason(_ stage: RecipeStage, inputs: [StageInput], fingerprint: String) throws -> String {
    if let run = try bench.store.lastRun(stage: stage.kind.rawValue, fingerprint: fingerprint), run.state != .done {
      let steps = try bench.store.checkpoints(run: run.id).last?.step
      return "unfinished: goes on" + (steps.map { " from step \($0)" } ?? "")
    }
    let earlier = try bench.store.stageResults(stage: StageRecord.key(stage.kind)).map(StageRecord.init)
      .last { $0.recipe == bench.recipe.name && $0.stage == stage.name }
    guard let earlier else { return "never run" }
    let changed = inputs.filter { earlier.inputs[$0.name] != $0.hash }.map(\.name)
    if !changed.isEmpty { return "stale: \(changed.joined(separator: ", ")) changed" }
    if let keys = Self.differences(earlier.parameters, stage.parameters) { return "stale: \(keys) changed" }
    if earlier.seed != String(stage.seed(in: bench.recipe)) { return "stale: seed changed" }
    return "stale: the program changed"
  }

  private static func differences(_ old: JSONValue, _ new: JSONValue) -> String? {
    let (old, new) = (old.object ?? [:], new.object ?? [:])
    let keys = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
    guard !keys.isEmpty else { return nil }
    return keys.map { key in
      guard let from = old[key], let to = new[key], from.object == nil, to.object == nil else { return key }
      return "\(key) \(from.string ?? from.canonical) -> \(to.string ?? to.canonical)"
    }.joined(separator: ", ")
  }
}
