import Foundation
import Models
import Recipes
import Store
import Testing
import Tokenizers

/// Every method in every kind of stage, and methods on top of each other.
@Suite("Methods", .serialized)
struct MethodTests {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("methods-\(UUID().uuidString)")
    let documents = folder.appendingPathComponent("documents")
    try FileManager.default.createDirectory(at: documents, withIntermediateDirectories: true)
    for index in 0..<8 {
      let text = "# 指南 \(index)\n\n## 第 \(index) 部分是什么？\n\n第 \(index) 部分保存数字 \(index)。它很短。\n"
      try Data(text.utf8).write(to: documents.appendingPathComponent("\(index).md"))
    }
  }

  private func run(sft: String, reward: String, dpo: String, ppo: String) throws -> RecipeRun {
    let text = """
      name: methods
      seed: 3
      model: {new: {preset: tiny, tokenizer: {vocabulary_size: 400}}}
      defaults: {lora: {rank: 2, alpha: 4}, sampling: {maximum_tokens: 8}}
      stages:
        - ingest: {paths: documents}
        - pairs: {identity: {name: Test, author: the testers}, split: {validation: 0.2, test: 0.2}}
        - pretrain: {steps: 1, window: 64, batch: 2, recompute: true}
        - sft: {steps: 2, batch: 4, \(sft)}
        - sample: {splits: [train, validation], prompts: 4, answers: 2, batch: 4}
        - label: {by: rule}
        - reward: {steps: 1, batch: 4, \(reward)}
        - dpo: {steps: 1, batch: 4, \(dpo)}
        - ppo: {steps: 1, batch: 4, updates: 1, \(ppo)}
        - eval: {prompts: 2}
      """
    let file = folder.appendingPathComponent("methods.yaml").path
    let store = try Store(path: folder.appendingPathComponent("\(UUID().uuidString).sqlite").path)
    return RecipeRun(
      recipe: try Recipe.parse(text, file: file), store: store, program: "test", log: RunLog(isQuiet: true))
  }

  private static let few = "virtual_tokens: {count: 3}"

  @Test(arguments: [
    ["method: prefix, \(few)", "method: prefix, \(few)", "method: prefix, \(few)", "method: prefix, \(few)"],
    [
      "method: p-tuning-v2, virtual_tokens: {count: 3, encoder: projection, encoder_width: 4}", "method: lora",
      "method: lora", "method: lora",
    ],
    ["method: p-tuning, \(few)", "method: p-tuning, \(few)", "method: p-tuning, \(few)", "method: lora"],
    ["method: prompt, \(few)", "method: lora", "method: prompt, \(few)", "method: prompt, \(few)"],
    [
      "method: tokens, trained_tokens: ['<|im_end|>']", "method: p-tuning, virtual_tokens: {count: 2, encoder: lstm}",
      "trained_tokens: ['<|im_end|>', '<|im_start|>']", "method: prefix, \(few), recompute: true",
    ],
  ])
  func methodsWorkTogether(methods: [String]) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try run(sft: methods[0], reward: methods[1], dpo: methods[2], ppo: methods[3])
    try run.run()
    let result = try #require(run.evaluation)
    #expect(result.models.map(\.name) == ["sft", "dpo", "ppo"])
    #expect(try run.plan().allSatisfy { $0.status.isUpToDate })
    // What was trained is what a person opens by its name.
    for name in ["sft", "dpo", "ppo"] {
      let opened = try OpenedModel(name, store: run.bench.store.path)
      #expect(opened.role.adapter != nil)
      let hasTokens = opened.role.virtualTokenCount > 0
      let place = folder.appendingPathComponent("export-\(name)")
      let export = try ModelExport(
        opened, format: .hf, type: nil, store: run.bench.store.path, program: "test", note: { _ in })
      if hasTokens {
        #expect(throws: RecipeError.self) { try export.run(to: place) }
        #expect(!FileManager.default.fileExists(atPath: place.path))
      } else {
        try export.run(to: place)
        #expect(FileManager.default.fileExists(atPath: place.appendingPathComponent("README.md").path))
      }
      // A stage's own, or those that the model was fine-tuned with before.
      let own = methods[["sft": 0, "dpo": 2, "ppo": 3][name]!]
      #expect(hasTokens == [methods[0], own].contains { $0.hasPrefix("method: p") }, "\(name)")
    }
  }

  @Test func virtualTokensOfAnotherKindAreRefused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try run(
      sft: "method: prefix, virtual_tokens: {count: 3}", reward: "", dpo: "method: prompt", ppo: "")
    let error = #expect(throws: RecipeError.self) { try run.run() }
    #expect(error?.description.contains("virtual tokens of another method or count") == true)
  }

  @Test func virtualTokensThatLeaveNoRoomAreRefused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try run(sft: "method: prefix, virtual_tokens: {count: 300}", reward: "", dpo: "", ppo: "")
    let error = #expect(throws: RecipeError.self) { try run.run() }
    #expect(error?.description.contains("leaves no room for text in the model's 256 positions") == true)
  }

  @Test func newTokensAreTrained() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try run(sft: "", reward: "", dpo: "", ppo: "")
    for stage in ["ingest", "pairs", "model"] { try first.run(only: stage) }
    let base = try #require(try first.bench.store.models().first)
    let size = Int32(try Tokenizer(folder: URL(fileURLWithPath: base.path)).vocabularySize)
    let text = """
      name: grown
      model: {folder: \(base.path), add_tokens: ["<工具>", "<|note|>"]}
      stages:
        - sft: {steps: 1, batch: 4, lora: {rank: 2}, trained_tokens: ["<工具>", "<|note|>"]}
      """
    let recipe = try Recipe.parse(text, file: folder.appendingPathComponent("grown.yaml").path)
    let run = RecipeRun(recipe: recipe, store: first.bench.store, program: "test", log: RunLog(isQuiet: true))
    try run.run()
    let opened = try OpenedModel("grown/sft", store: first.bench.store.path)
    let ids = opened.tokenizer.encode("用<工具>。<|note|>")
    #expect(ids.contains(size) && ids.contains(size + 1))
    #expect(opened.role.model.configuration.vocabularySize == Int(size) + 2)
    #expect(opened.role.adapter?.lowRank?.trainedTokens == [Int(size), Int(size) + 1])
  }

  @Test(arguments: [
    ("method: prefix, lora: {rank: 2}", "lora needs method: lora, but the method is prefix"),
    ("method: full, virtual_tokens: {count: 2}", "virtual_tokens needs method: prefix, p-tuning-v2, p-tuning, prompt"),
    ("method: tokens", "method: tokens needs trained_tokens"),
    ("method: p-tuning, virtual_tokens: {encoder: projection}", "knows the encoder mlp, lstm, not projection"),
    ("method: prefix, trained_tokens: [a]", "trained_tokens needs method: lora, tokens"),
  ])
  func keysOfOtherMethodsAreRefused(keys: String, message: String) throws {
    let error = #expect(throws: RecipeError.self) { try run(sft: keys, reward: "", dpo: "", ppo: "") }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }
}
