import Foundation
import Store
import Testing

@Suite struct LineageTests {
  /// Every node of a tree.
  private func all(_ node: LineageNode) -> [LineageNode] { [node] + node.children.flatMap(all) }

  @Test func everythingLeadsToSourceBytes() throws {
    let fixture = try StoreFixture()
    let store = fixture.store
    let (source, document) = try fixture.addDocument("什么是微调？微调是训练。", title: "问答", uri: "file:///faq.html")
    let pair = Pair(
      messages: [Message(role: .user, content: "什么是微调？"), Message(role: .assistant, content: "微调是训练。")],
      origin: .minedFAQ, rule: "faq/1", language: "zh", split: .train)
    try store.addPairs(
      [pair],
      sources: [
        PairSource(pair: pair.id, role: .prompt, document: document, range: 0..<18),
        PairSource(pair: pair.id, role: .response, document: document, range: 18..<36),
      ])
    let model = ModelRecord(name: "sft", kind: .base, path: "models/1", hash: "aa")
    try store.addModel(model)
    let run = Run(recipe: "demo", stage: "sft", fingerprint: "f", seed: 1, program: "touchstone 0.1")
    try store.startRun(run)
    try store.recordStep(Step(run: run.id, number: 7, reads: [pair.id]))
    try store.setRunState(id: run.id, .done, outputModel: model.id)
    let checkpoint = Checkpoint(run: run.id, step: 7, path: "c", hash: "h")
    try store.addCheckpoint(checkpoint)
    let prompt = Prompt(messages: [pair.messages[0]], origin: "pair", split: .train, pair: pair.id)
    try store.addPrompts([prompt])
    let answers = [
      Completion(prompt: prompt.id, text: "好", model: model.id),
      Completion(prompt: prompt.id, text: "坏", model: model.id),
    ]
    try store.addCompletions(answers)
    let comparison = Comparison(
      prompt: prompt.id, completionA: answers[0].id, completionB: answers[1].id, origin: .sampled)
    try store.addComparisons([comparison])
    let annotator = try store.annotator(name: "ann", kind: .person)
    let judgement = Judgement(comparison: comparison.id, annotator: annotator.id, event: .judge(.a))
    try store.recordJudgements([judgement])

    for id in [
      judgement.id, comparison.id, answers[0].id, prompt.id, pair.id, "\(run.id)/7", run.id, checkpoint.id, model.id,
    ] {
      let tree = try store.trace(id)
      #expect(tree.id == id)
      let leaf = try #require(all(tree).first { $0.id == source })
      #expect(leaf.title.contains("file:///faq.html"))
      #expect(all(tree).contains { $0.title.contains("response = text bytes 18-36 = source bytes 18-36") })
    }
    let kinds = Set(all(try store.trace(judgement.id)).map(\.kind))
    #expect(
      kinds == [
        "judgement", "annotator", "comparison", "prompt", "pair", "document", "source", "completion", "model", "run",
      ])
    let lines = try store.trace(pair.id).lines
    #expect(lines[0].hasPrefix("pair \(pair.id)") && lines.last?.hasPrefix("└─ document") == true)
  }

  @Test func idsMayBeShortened() throws {
    let fixture = try StoreFixture()
    let document = try fixture.addDocument("text").document
    #expect(try fixture.store.trace(String(document.prefix(15))).id == document)
    #expect(throws: StoreError.notFound(id: "doc_zzz")) { try fixture.store.trace("doc_zzz") }
    #expect(throws: StoreError.notFound(id: "nonsense")) { try fixture.store.trace("nonsense") }
    try fixture.addDocument("text 2")
    #expect(throws: StoreError.self) { try fixture.store.trace("doc_") }
  }

  @Test func longListsAreCutAndSaySo() throws {
    let fixture = try StoreFixture()
    let run = Run(recipe: "demo", stage: "pretrain", fingerprint: "f", seed: 1, program: "touchstone 0.1")
    try fixture.store.startRun(run)
    let documents = try (0..<20).map { try fixture.addDocument("text \($0)").document }
    try fixture.store.recordStep(Step(run: run.id, number: 1, reads: documents + ["pair_gone"]))
    let tree = try fixture.store.trace(run.id, limit: 5)
    #expect(tree.children.count == 5 && tree.omitted == 16)
    #expect(tree.lines.last == "└─ and 16 more")
  }
}
