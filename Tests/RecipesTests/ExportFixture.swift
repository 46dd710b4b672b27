import Foundation
import Models
import Recipes
import Store
import Tokenizers

/// A store with a base, an adapter over it, one over that one, and what they were trained on.
final class ExportFixture {
  let folder: URL
  let store: Store
  let library: ModelLibrary
  private(set) var models: [String: ModelRecord] = [:]

  var path: String { store.path }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("export-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    store = try Store(path: folder.appendingPathComponent("store.sqlite").path)
    library = ModelLibrary(store: store, folder: URL(fileURLWithPath: store.path + ".files"))
    var trainer = BytePairTrainer(vocabularySize: 300, specialTokens: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    trainer.add("one two three four 一二三四")
    let tokenizer = trainer.train()
    let model = LanguageModel(
      configuration: try .preset("tiny", vocabularySize: tokenizer.vocabularySize), seed: 4)
    models["model"] = try library.save(name: "r/model", kind: .base, parent: nil) { place in
      try model.save(to: place)
      try tokenizer.save(to: place)
    }
    try addAdapter("sft", over: "model", rank: 2, seed: 5)
    try addAdapter("dpo", over: "sft", rank: 3, seed: 6)
    try addAdapter("other", over: "model", rank: 2, seed: 7)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// An adapter whose updates are as large as the weights, with the run that made it.
  func addAdapter(_ name: String, over parent: String, rank: Int, seed: UInt64, value: Float = 0.2) throws {
    guard let parent = models[parent] else { throw StoreError.notFound(id: parent) }
    let model = try library.base(parent)
    let adapter = try Adapter(
      AdapterConfiguration(rank: rank, alpha: 4, targetModules: ["q_proj", "v_proj", "up_proj"]), model: model,
      seed: seed)
    for parameter in adapter.parameters where parameter.name.contains("lora_B") {
      for index in 0..<parameter.value.count { parameter.value.data[index] = value * Float(index % 5 - 2) }
    }
    let record = try library.save(name: "r/\(name)", kind: .adapter, parent: parent) { try adapter.save(to: $0) }
    models[name] = record
    let run = Run(
      recipe: "r", stage: name, fingerprint: name, parameters: ["name": .string(name)], seed: seed,
      program: "test 0", inputModel: parent.id)
    try store.startRun(run)
    try store.recordStep(
      Step(run: run.id, number: 3, reads: [try pair(name)]), metrics: ["validation/loss": 1.25, "loss": 9])
    try store.setRunState(id: run.id, .done, outputModel: record.id)
  }

  /// A pair from a source of its own.
  private func pair(_ name: String) throws -> String {
    let bytes = Data("What is \(name)? It is a stage.".utf8)
    let source = try store.addSource(
      Source(
        hash: ContentHash.of(bytes), bytes: bytes.count, mediaType: "text/plain", encoding: "utf-8",
        licence: name == "sft" ? "CC-BY-4.0" : nil))
    try store.recordLocation(SourceLocation(source: source.id, uri: "file:///secret/place/\(name).txt"))
    let document = try store.addDocuments([
      Document(
        source: source.id, sourceRange: 0..<bytes.count, title: name, language: "en",
        text: String(decoding: bytes, as: UTF8.self), spanMap: .identity(count: bytes.count), extractor: "text/1")
    ])[0].id
    let pair = Pair(
      messages: [
        Message(role: .user, content: "What is \(name)?"), Message(role: .assistant, content: "A stage."),
      ], origin: .minedFAQ, rule: "faq/1", language: "en", split: .train)
    try store.addPairs([pair], sources: [PairSource(pair: pair.id, role: .prompt, document: document, range: 0..<4)])
    return pair.id
  }

  func place(_ name: String) -> URL { folder.appendingPathComponent(name) }

  func opened(_ name: String?, adapter: String? = nil) throws -> OpenedModel {
    try OpenedModel(name, adapter: adapter, store: path)
  }

  /// Exports and gives what was said.
  @discardableResult
  func export(
    _ name: String, adapter: String? = nil, _ format: ExportFormat, _ type: GGUFPrecision? = nil, to place: URL
  ) throws -> [String] {
    var notes: [String] = []
    try ModelExport(
      opened(name, adapter: adapter), format: format, type: type, store: path, program: "rlhf 9",
      note: { notes.append($0) }
    ).run(to: place)
    return notes
  }

  /// What lies beside the store, drafts included.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix("store.sqlite") }.sorted()
  }
}
