import Foundation
import Recipes
import Store
import Testing

/// What `rlhf runs` shows.
@Suite struct TrainingRunListTests {
  @Test func methodsAreNamedByWhatSetsThemApart() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("runs-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let documents = folder.appendingPathComponent("documents")
    try FileManager.default.createDirectory(at: documents, withIntermediateDirectories: true)
    for index in 0..<4 {
      let text = "# 指南 \(index)\n\n## 第 \(index) 部分是什么？\n\n第 \(index) 部分保存数字 \(index)。它很短。\n"
      try Data(text.utf8).write(to: documents.appendingPathComponent("\(index).md"))
    }
    let text = """
      name: list
      model: {new: {preset: tiny, tokenizer: {vocabulary_size: 400}}}
      defaults: {steps: 1, batch: 2}
      stages:
        - ingest: {paths: documents}
        - pairs: {identity: {name: Test, author: the testers}, split: {validation: 0.3, test: 0}}
        - pretrain: {window: 64}
        - sft: {name: small, from: pretrain, lora: {rank: 2, dora: true, plus_ratio: 4}, weights: nf4}
        - sft: {name: prefix, from: pretrain, method: prefix, virtual_tokens: {count: 3}}
        - sft: {name: lstm, from: pretrain, method: p-tuning, virtual_tokens: {count: 2, encoder: lstm}}
      """
    let store = try Store(path: folder.appendingPathComponent("a.sqlite").path)
    let recipe = try Recipe.parse(text, file: folder.appendingPathComponent("list.yaml").path)
    #expect(try TrainingRunList(store).rows.isEmpty)
    try RecipeRun(recipe: recipe, store: store, program: "test", log: RunLog(isQuiet: true)).run()
    let list = try TrainingRunList(store)
    #expect(
      list.rows.map(\.method) == [
        "full", "lora, rank 2, dora, lora+ 4, nf4", "prefix, 3 tokens, start: text", "p-tuning, 2 tokens, lstm",
      ])
    #expect(list.rows.map(\.name) == ["list/pretrain", "list/small", "list/prefix", "list/lstm"])
    for row in list.rows {
      #expect(row.trainedParameters ?? 0 > 0 && row.peakMemory ?? 0 > 0 && row.tokensPerSecond ?? 0 > 0)
      #expect(row.kind == "pretrain" || row.validationLoss != nil)
    }
    // Keys and values of 2 layers, 2 heads of 8 each, for 3 tokens.
    #expect(list.rows[2].trainedParameters == 3 * 2 * 2 * 16)
    #expect(try TrainingRunList(store, kind: "sft").rows.count == 3)
    #expect(list.markdown.split(separator: "\n").count == 6)
    #expect(throws: RecipeError.self) { try TrainingRunList(store, kind: "label") }
  }
}
