import Foundation
import Recipes
import Store
import Terminal
import Testing

/// Runs a whole recipe with a tiny model: nothing is simulated.
@Suite("Running a recipe", .serialized)
struct RecipeRunTests {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("recipes-\(UUID().uuidString)")
    let documents = folder.appendingPathComponent("documents")
    try FileManager.default.createDirectory(at: documents, withIntermediateDirectories: true)
    for index in 0..<12 {
      let english =
        "# Guide \(index)\n\n## What is part \(index)?\n\nPart \(index) holds the number \(index). It is short.\n"
      let chinese = "# 指南 \(index)\n\n## 第 \(index) 部分是什么？\n\n第 \(index) 部分保存数字 \(index)。它很短。\n"
      try Data(english.utf8).write(to: documents.appendingPathComponent("en\(index).md"))
      try Data(chinese.utf8).write(to: documents.appendingPathComponent("zh\(index).md"))
    }
  }

  func recipe(_ overrides: [String] = [], label: String = "{by: rule}") throws -> Recipe {
    let text = """
      name: 小试
      seed: 3
      model: {new: {preset: tiny, tokenizer: {vocabulary_size: 400}}}
      defaults: {lora: {rank: 2, alpha: 4}, sampling: {maximum_tokens: 8}}
      stages:
        - ingest: {paths: documents}
        - pairs: {identity: {name: Test, author: the testers}, split: {validation: 0.2, test: 0.2}}
        - pretrain: {steps: 2, window: 64, batch: 2}
        - sft: {method: full, steps: 3, batch: 4}
        - sample: {splits: [train, validation, test], prompts: 6, answers: 3, comparisons: 2, batch: 4}
        - label: \(label)
        - reward: {steps: 2, batch: 4}
        - dpo: {steps: 2, batch: 4}
        - ppo: {steps: 2, batch: 4, updates: 1}
        - eval: {prompts: 4}
      """
    return try Recipe.parse(text, file: folder.appendingPathComponent("tiny.yaml").path, overrides: overrides)
  }

  func run(_ recipe: Recipe, _ store: String = "a.sqlite") throws -> RecipeRun {
    let store = try Store(path: folder.appendingPathComponent(store).path)
    return RecipeRun(recipe: recipe, store: store, program: "test", log: RunLog(isQuiet: true))
  }

  @Test func everyStageRunsOnceAndTheSameSeedGivesTheSameBits() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try run(recipe())
    try first.run()
    let plan = try first.plan()
    #expect(plan.allSatisfy { $0.status.isUpToDate }, "\(plan.map { "\($0.name): \($0.status.text)" })")
    let result = try #require(first.evaluation)
    #expect(result.models.map(\.name) == ["sft", "dpo", "ppo"])
    #expect(result.models.allSatisfy { $0.reward != nil && $0.identityAsked >= 0 })
    #expect(result.models[1].divergence != nil && result.models[1].winRateByRule != nil)

    // A second run does nothing: no new run is recorded.
    let store = first.bench.store
    let runs = try store.runs().count
    try first.run()
    #expect(try store.runs().count == runs)

    // In another store, and with a stage at a time, the numbers are the same to the last bit.
    let second = try run(recipe(), "b.sqlite")
    for stage in second.bench.stages { try second.run(only: stage.name) }
    #expect(try second.plan().allSatisfy { $0.status.isUpToDate })
    #expect(second.evaluation == result)
    let hashes = { (run: RecipeRun) in try run.bench.store.models().map { "\($0.name) \($0.hash)" } }
    #expect(try hashes(first) == hashes(second))

    // A changed parameter makes its stage stale, and what depends on it.
    let changed = try run(recipe(["dpo.beta=0.3"])).plan()
    let stale = changed.filter { !$0.status.isUpToDate }
    #expect(stale.map(\.name) == ["dpo", "eval"])
    #expect(stale.first?.status.text == "stale: beta 0.1 -> 0.3 changed")
    #expect(stale.last?.status.text == "after dpo")

    // Test questions never train.
    let held = Set(try store.prompts(split: .test).map(\.id) + store.prompts(split: .validation).map(\.id))
    for run in try store.runs() where ["reward", "dpo", "ppo"].contains(run.stage) {
      for row in try store.distinctReads(run: run.id) {
        let prompt = try store.comparison(id: row)?.prompt ?? row
        #expect(!held.contains(prompt))
      }
    }

    let html = HTMLReport(try ReportData(store: store)).html
    for stage in ["pretrain", "sft", "reward", "dpo", "ppo"] { #expect(html.contains("<h3>\(stage)</h3>")) }
    #expect(html.contains("<polyline") && html.contains("小试"))
    #expect(!html.contains("<script") && !html.contains("src="))
    #expect(!html.contains("http://") && !html.contains("https://"))
  }

  @Test func peopleAreWaitedFor() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let waiting = try run(recipe(label: "{by: people, at_least: 2}"))
    let error = #expect(throws: RecipeError.self) { try waiting.run() }
    #expect(error?.exitCode == 3)
    #expect(error?.description.contains("2 more judgements") == true)
    #expect(error?.description.contains("prep label --store") == true)
    #expect(try waiting.plan().first { $0.name == "label" }?.status.text == "waiting for 2 labels")

    let store = waiting.bench.store
    let person = try store.annotator(name: "mei", kind: .person)
    let comparisons = try store.comparisons().filter { comparison in
      try store.prompt(id: comparison.prompt)?.split == .train
    }
    try store.recordJudgements(
      comparisons.prefix(4).map { Judgement(comparison: $0.id, annotator: person.id, event: .judge(.a)) })
    #expect(try waiting.plan().first { $0.name == "label" }?.status.text == "never run")
    try waiting.run(only: "label")
    try waiting.run(only: "reward")
    let label = try #require(waiting.bench.done["label"])
    #expect(label.summary.hasPrefix("4 preferences"))
  }

  @Test func answersSayThePrecisionTheyWereSampledAt() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    for precision in ["medium", "highest"] {
      let run = try run(recipe(["sample.matmul_precision=\(precision)"]), "\(precision).sqlite")
      try run.run(kinds: [.ingest, .pairs, .model, .pretrain, .sft, .sample])
      let completions = try run.bench.store.completions()
      #expect(!completions.isEmpty)
      let stored = Set(completions.map { $0.sampling["matmul_precision"]?.string })
      #expect(stored == (precision == "medium" ? ["medium"] : [nil]))
    }
  }

  @Test func aStoreIsHeldByOneRun() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.sqlite").path
    let lock = try StoreLock(store: path)
    let error = #expect(throws: RecipeError.self) { try run(recipe()).run() }
    #expect(error?.description.contains("in use by another run (process \(getpid()))") == true)
    withExtendedLifetime(lock) {}
  }
}
