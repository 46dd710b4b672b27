import Foundation
import Models
import Recipes
import Store
import Terminal
import Testing
import Training

/// Keys that save memory, and what a person is told about it.
@Suite("Memory of training stages", .serialized)
struct MemoryForecastTests {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("memory-\(UUID().uuidString)")

  func recipe(_ stages: [String], model: String = "{new: {preset: tiny, tokenizer: {vocabulary_size: 400}}}") throws
    -> Recipe
  {
    let text = """
      name: small
      model: \(model)
      stages:
        - ingest: {paths: documents}
        - pairs: {}
        \(stages.map { "- " + $0 }.joined(separator: "\n  "))
      """
    return try Recipe.parse(text, file: folder.appendingPathComponent("small.yaml").path)
  }

  func run(_ recipe: Recipe, _ store: String = "a.sqlite") throws -> RecipeRun {
    let documents = folder.appendingPathComponent("documents")
    try FileManager.default.createDirectory(at: documents, withIntermediateDirectories: true)
    for index in 0..<8 {
      let text =
        "# Guide \(index)\n\n## What is part \(index)?\n\nPart \(index) holds the number \(index). It is short.\n"
      try Data(text.utf8).write(to: documents.appendingPathComponent("\(index).md"))
    }
    let store = try Store(path: folder.appendingPathComponent(store).path)
    return RecipeRun(recipe: recipe, store: store, program: "test", log: RunLog(isQuiet: true))
  }

  @Test func keysReachTheRun() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try run(
      recipe([
        "sft: {method: full, steps: 2, batch: 4, optimizer: adamw8bit, optimizer_state: file, beta1: 0.8, "
          + "freeze: [model.embed_tokens.*, '*.mlp.*']}"
      ]))
    try run.run()
    let (start, end) = (try weights(run, "model"), try weights(run, "sft"))
    let changed = Set(start.keys.filter { start[$0] != end[$0] })
    let trained = start.keys.filter { !$0.hasPrefix("model.embed_tokens.") && !$0.contains(".mlp.") }
    #expect(changed == Set(trained) && !changed.isEmpty)
    #expect(try #require(run.bench.done["sft"]).summary.contains(", peak "))
  }

  private func weights(_ run: RecipeRun, _ stage: String) throws -> [String: [Float]] {
    let id = try #require(run.bench.done[stage]?.model)
    let model = try LanguageModel(folder: run.bench.models.location(#require(try run.bench.store.model(id: id))))
    return Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.value.toArray()) })
  }

  @Test func aPatternThatMatchesNothingEndsTheStage() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try run(recipe(["sft: {method: full, steps: 2, batch: 4, freeze: model.embeddings.*}"]))
    let error = #expect(throws: RecipeError.self) { try run.run() }
    let text = error?.description ?? ""
    #expect(
      text.contains("sft: freeze: model.embeddings.* matches no weight") && text.contains("model.embed_tokens.weight"))
    #expect(!text.contains("\n"))
    #expect(try run.bench.store.models().map(\.name) == ["small/model"])
  }

  @Test func freezingNeedsFullTraining() throws {
    let error = #expect(throws: RecipeError.self) { try recipe(["sft: {freeze: '*.mlp.*'}"]) }
    #expect(error?.description.contains("freeze needs method: full") == true)
  }

  @Test func plansTellTheMemory() throws {
    let stages = [
      "pretrain: {}", "sft: {method: full, optimizer: adamw8bit}", "sample: {}", "label: {by: rule}", "reward: {}",
      "dpo: {weights: nf4}", "ppo: {}",
    ]
    let model = "{new: {preset: smol-135m, tokenizer: {vocabulary_size: 49152}}}"
    let plan = try RecipeRun.planWithoutStore(recipe(stages, model: model))
    let memory = Dictionary(uniqueKeysWithValues: plan.map { ($0.name, $0.memory) })
    #expect(memory["sample"].map { $0 == nil } == true && memory["model"].map { $0 == nil } == true)
    #expect(memory["pretrain"]??.summary.contains("trains 135M of 135M weights (100%); needs about 2.") == true)
    #expect(memory["sft"]??.summary.contains("needs about 1.") == true)
    #expect(memory["reward"]??.summary.contains("trains 4.89M of 139M weights (3.5%)") == true)
    #expect(memory["dpo"]??.summary.contains("needs about 0.") == true)
    #expect(memory["ppo"]??.summary.contains("trains 9.77M of 149M weights (6.5%)") == true)
    let json = try #require(plan.first { $0.name == "dpo" }?.json)
    #expect(json["runs"] == "yes" && json["kind"] == "dpo" && json["why"]?.string?.hasPrefix("after ") == true)
    #expect(json["memory_bytes"] == (memory["dpo"]??.bytes).map(JSONValue.int))
    let unknown = try RecipeRun.planWithoutStore(recipe(["sft: {}"], model: "{folder: nowhere}"))
    #expect(unknown.allSatisfy { $0.memory == nil })
  }

  @Test func tooLittleMemoryNamesTheKeysThatSaveIt() throws {
    let shape = try ModelConfiguration.preset("tiny")
    var estimate = MemoryEstimate(
      base: shape, weightBytes: 4 * shape.parameterCount, adapters: [], trained: [shape.parameterCount],
      optimizer: OptimizerOptions(), passes: [])
    estimate.activations = 3_000_000_000
    let enough = MemoryForecast(estimate, free: 22_100_000_000).lines
    #expect(enough.count == 1 && enough[0].hasSuffix("(100%); needs about 3.0 GB, 22.1 GB are free"))
    let little = MemoryForecast(estimate, free: 2_000_000_000).lines
    #expect(little.count == 2)
    for key in ["weights: nf4", "optimizer: adamw8bit", "recompute: true", "microbatch_tokens", "maximum_length"] {
      #expect(little[1].contains(key))
    }
    #expect(little[1].contains("activations (3.0 GB)"))
    #expect(MemoryForecast(estimate, free: nil).lines.count == 1)
  }
}
