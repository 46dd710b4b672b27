import Labelling
import Store

/// Judgements on the sampled comparisons, by a documented rule at once, or by people in their own time.
package struct LabelStage: StageRunner {
  let stage: RecipeStage
  let bench: Workbench

  package init(stage: RecipeStage, bench: Workbench) {
    self.stage = stage
    self.bench = bench
  }

  private var isByRule: Bool { stage.settings.text("by") == "rule" }

  private func comparisons() throws -> [String] {
    guard let source = bench.recipe.sampleStage(of: stage) else {
      throw RecipeError.stage(stage.name, problem: "there is no sample stage before it")
    }
    return try bench.record(of: source.name, for: stage).comparisons
  }

  /// Comparisons by what is compared: their ids differ from store to store.
  private func contentHash() throws -> String {
    let lines = try comparisons().map { id -> String in
      guard let comparison = try bench.store.comparison(id: id) else { throw StoreError.notFound(id: id) }
      let item = try bench.store.labelItem(comparison)
      return [item.prompt.hash, ContentHash.of(item.answerA.text), ContentHash.of(item.answerB.text)]
        .joined(separator: " ")
    }
    return ContentHash.of(lines.sorted().joined(separator: "\n"))
  }

  package func inputs() throws -> [StageInput] {
    var inputs = [StageInput("comparisons", try contentHash())]
    if isByRule {
      inputs.append(StageInput("rule", try RuleAnnotators.named(stage.settings.text("rule")).version))
    } else {
      // Every new judgement of people makes the stages after this one stale.
      inputs.append(StageInput("judgements", TrainingData.hash(try preferences())))
      inputs.append(StageInput("enough", try missingJudgements() == 0 ? "yes" : "no"))
    }
    return inputs
  }

  private func preferences() throws -> [Preference] {
    try TrainingData(bench.store).preferences(Set(try comparisons()), kind: isByRule ? .rule : .person)
  }

  /// How many judgements people still owe; nil when a rule judges.
  package func missingJudgements() throws -> Int? {
    if isByRule { return nil }
    let comparisons = Set(try comparisons())
    let judged = Set(try bench.store.currentJudgements(kind: .person).map(\.comparison)).intersection(comparisons)
    let wanted = stage.settings.integer("at_least")
    return max(0, (wanted == 0 ? comparisons.count : min(wanted, comparisons.count)) - judged.count)
  }

  /// What to type to give them.
  package var command: String { "prep label --store \(bench.store.path)" }

  package func run(_ job: StageJob) throws -> StageOutcome {
    let comparisons = try comparisons()
    if isByRule { try judge(comparisons) }
    let preferences = try preferences()
    let judge = isByRule ? "the rule \(stage.settings.text("rule"))" : "people"
    return StageOutcome(
      "\(preferences.count) preferences among \(comparisons.count) comparisons, by \(judge)", comparisons: comparisons,
      values: ["preferences": .int(preferences.count), "by": .string(isByRule ? "rule" : "person")])
  }

  private func judge(_ comparisons: [String]) throws {
    let rule = try RuleAnnotators.named(stage.settings.text("rule"))
    let annotator = try bench.store.annotator(name: rule.name, kind: .rule, version: rule.version)
    let judged = Set(try bench.store.currentJudgements(annotator: annotator.id).map(\.comparison))
    let open = comparisons.filter { !judged.contains($0) }
    for start in stride(from: 0, to: open.count, by: 64) {
      try bench.checkInterruption(stage)
      try bench.store.recordJudgements(
        open.dropFirst(start).prefix(64).map { id in
          guard let comparison = try bench.store.comparison(id: id) else { throw StoreError.notFound(id: id) }
          let item = try bench.store.labelItem(comparison)
          let verdict = rule.judge(prompt: item.prompt.messages, a: item.answerA.text, b: item.answerB.text)
          return Judgement(comparison: id, annotator: annotator.id, event: .judge(verdict))
        })
      bench.log.progress(stage, "\(start)/\(open.count) comparisons")
    }
  }
}
