import Foundation
import Store

/// What a report shows of one recipe, read from the store.
public struct ReportData: Sendable {
  public struct StageRow: Sendable {
    public var stage: String
    public var kind: String
    public var summary: String
    public var seconds: Double
    public var fingerprint: String
    public var run: String?
    public var model: String?
    public var finished: String
  }

  public struct Curve: Sendable {
    public var name: String
    public var points: [(step: Int, value: Double)]
  }

  public struct RunCurves: Sendable {
    public var stage: String
    public var curves: [Curve]
  }

  public var recipe: String
  public var recipeText: String
  public var program: String
  public var seed: String
  public var stages: [StageRow]
  public var runs: [RunCurves]
  public var evaluation: EvaluationResult?
  public var modelLines: [String]
  public var storeCounts: [(name: String, count: String)]

  /// The curves worth a chart, in this order.
  static let shownCurves: [String] = [
    "loss", "validation/loss", "rewards/accuracies", "validation/rewards/accuracies", "rewards/margins", "reward", "kl",
    "length", "entropy", "value/loss", "gradient_norm", "learning_rate", "tokens_per_second", "utilisation",
  ]

  /// Reads the latest results of a recipe; of the recipe that ran last when `recipe` is nil.
  /// - Throws: `RecipeError.usage` when the store holds no results.
  public init(store: Store, recipe name: String? = nil) throws {
    let records = try ([.model] + StageKind.listed)
      .flatMap { kind in try store.stageResults(stage: StageRecord.key(kind)).map { (kind, StageRecord($0)) } }
      .sorted { $0.1.result.finished < $1.1.result.finished }
    guard let recipe = name ?? records.last?.1.recipe else {
      throw RecipeError.usage("\(store.path) holds no results: run rlhf train RECIPE first")
    }
    let own = records.filter { $0.1.recipe == recipe }
    guard !own.isEmpty else {
      let known = Set(records.map(\.1.recipe)).sorted().joined(separator: ", ")
      throw RecipeError.usage("\(store.path) holds no results of a recipe \(recipe); there are: \(known)")
    }
    // The latest result of each stage.
    var latest: [String: (StageKind, StageRecord)] = [:]
    for (kind, record) in own { latest[record.stage] = (kind, record) }
    let ordered = latest.values.sorted { $0.1.result.finished < $1.1.result.finished }

    self.recipe = recipe
    stages = ordered.map { kind, record in
      StageRow(
        stage: record.stage, kind: kind.rawValue, summary: record.summary, seconds: record.seconds,
        fingerprint: record.result.fingerprint, run: record.result.run, model: record.model,
        finished: record.result.finished)
    }
    let lastRun = try ordered.compactMap(\.1.result.run).last.flatMap { try store.run(id: $0) }
    program = lastRun?.program ?? ""
    seed = lastRun.map { String($0.seed) } ?? ""
    recipeText = lastRun?.parameters.object?["recipe"]?.string ?? ""
    runs = try ordered.filter { $0.0.isTraining }.compactMap { _, record in
      guard let run = record.result.run else { return nil }
      let names = Set(try store.metricNames(run: run))
      let curves = try Self.shownCurves.filter(names.contains).map { name in
        Curve(name: name, points: try store.metrics(run: run, name: name).map { ($0.step, $0.value) })
      }
      return RunCurves(stage: record.stage, curves: curves)
    }
    evaluation = ordered.last { $0.0 == .eval }.flatMap { EvaluationResult(stored: $0.1.values) }
    modelLines = try ordered.compactMap(\.1.model).compactMap { try store.model(id: $0) }.map { model in
      let parent = try model.parent.flatMap { try store.model(id: $0) }
      return "\(model.name): \(model.kind.rawValue) \(model.hash.prefix(12))"
        + (parent.map { " over \($0.name)" } ?? "")
    }
    storeCounts = [
      ("sources", String(try store.sources().count)), ("documents kept", String(try store.documentCount())),
      ("valid pairs", String(try store.pairCount())), ("comparisons", String(try store.comparisons().count)),
      ("judgements of people", String(try store.currentJudgements(kind: .person).count)),
      ("judgements of rules", String(try store.currentJudgements(kind: .rule).count)),
    ]
  }
}
