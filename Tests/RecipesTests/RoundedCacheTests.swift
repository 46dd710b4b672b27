import Foundation
import Models
import Recipes
import Store
import Tensors
import Testing
import Tokenizers

/// Rounded weights that are kept beside the model and found again.
@Suite("Rounded weights on disk")
final class RoundedCacheTests {
  let folder: URL
  let shape: ModelConfiguration
  var warnings: [String] = []

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("cache-\(UUID().uuidString)")
    shape = ModelConfiguration(
      hiddenSize: 64, layerCount: 1, headCount: 2, intermediateSize: 128, vocabularySize: 320, maximumPositions: 64)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try LanguageModel(configuration: shape, seed: 3).save(to: model)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private var model: URL { folder.appendingPathComponent("model") }
  private var kept: URL { folder.appendingPathComponent("quantized") }
  private var cache: RoundedCache { RoundedCache(kept) { [unowned self] in warnings.append($0) } }

  private func open(_ format: WeightFormat = .nf4, hash: String = "abc") throws -> LanguageModel {
    try cache.model(FolderWeights(model), as: format) { hash }
  }

  private func logits(_ model: LanguageModel) -> [[Float]] {
    var batch = PackedBatch()
    batch.append([1, 7, 300, 12])
    let tape = Tape(recording: false, workspace: Workspace(capacity: 16 << 20))
    defer { tape.finish() }
    return Role(model).hiddenStates(batch, tape: tape).logits(rows: [0, 1, 2, 3])
  }

  private func bytes(_ place: String) throws -> Data {
    try Data(contentsOf: kept.appendingPathComponent(place).appendingPathComponent("model.safetensors"))
  }

  @Test(arguments: [WeightFormat.bf16, .int8, .nf4]) func aModelIsRoundedOnceAndMappedThen(
    _ format: WeightFormat
  ) throws {
    let expected = logits(try LanguageModel(folder: model, format: format))
    #expect(logits(try open(format)) == expected)
    let file = kept.appendingPathComponent("abc-\(format.rawValue)/model.safetensors")
    let made = try file.resourceValues(forKeys: [.contentModificationDateKey, .fileResourceIdentifierKey])
    // The weights themselves are not read again: they may be gone.
    let source = try FolderWeights(model)
    try FileManager.default.removeItem(at: model.appendingPathComponent("model.safetensors"))
    #expect(logits(try cache.model(source, as: format) { "abc" }) == expected)
    let again = try file.resourceValues(forKeys: [.contentModificationDateKey, .fileResourceIdentifierKey])
    #expect(made.contentModificationDate == again.contentModificationDate)
    #expect(warnings.isEmpty)
  }

  @Test func otherWeightsHaveAnotherEntry() throws {
    _ = try open(hash: "abc")
    _ = try open(hash: "def")
    #expect(try FileManager.default.contentsOfDirectory(atPath: kept.path).sorted() == ["abc-nf4", "def-nf4"])
  }

  @Test(arguments: ["truncated", "empty", "header", "another's", "config"]) func aDamagedEntryIsMadeAgain(
    _ damage: String
  ) throws {
    let expected = logits(try open())
    let whole = try bytes("abc-nf4")
    let place = kept.appendingPathComponent("abc-nf4")
    let file = place.appendingPathComponent("model.safetensors")
    switch damage {
    case "truncated": try whole.dropLast(1).write(to: file)
    case "empty": try Data().write(to: file)
    case "header": try (Data(repeating: 0xFF, count: 16) + whole.dropFirst(16)).write(to: file)
    case "config": try FileManager.default.removeItem(at: place.appendingPathComponent("config.json"))
    default:
      _ = try open(hash: "def")
      try bytes("def-nf4").write(to: file)
    }
    #expect(logits(try open()) == expected)
    #expect(warnings.count == 1 && warnings[0].contains("it is made again"), "\(warnings)")
    #expect(try bytes("abc-nf4") == whole)
  }

  @Test func whatAKilledWriterLeftIsNeverUsed() throws {
    let place = kept.appendingPathComponent("abc-nf4")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try Data(count: 4096).write(to: place.appendingPathComponent("model.safetensors.99-ABCDEF01.tmp"))
    #expect(logits(try open()) == logits(try LanguageModel(folder: model, format: .nf4)))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: place.path).sorted() == ["config.json", "model.safetensors"])
    #expect(warnings.isEmpty)
  }

  @Test func aPlaceThatCannotBeWrittenCostsAWarningAlone() throws {
    try Data("a file, not a folder".utf8).write(to: kept)
    #expect(logits(try open()) == logits(try LanguageModel(folder: model, format: .nf4)))
    #expect(warnings.count == 1 && warnings[0].contains("made in memory and not kept"), "\(warnings)")
  }

  @Test func twoWritersAtOnceLeaveOneWholeEntry() throws {
    let expected = logits(try LanguageModel(folder: model, format: .nf4))
    let (kept, model) = (kept, model)
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      let opened = try? RoundedCache(kept) { _ in }.model(FolderWeights(model), as: .nf4) { "abc" }
      #expect(opened != nil)
    }
    #expect(logits(try open()) == expected)
    #expect(warnings.isEmpty)
  }

  @Test func theHashOfAFolderIsRememberedUntilAFileChanges() throws {
    let later = Date().addingTimeInterval(60)
    let hash = try cache.hash(of: model, now: later)
    #expect(try hash == ModelLibrary.hash(ofWeightsIn: model))
    let notes = kept.appendingPathComponent("hashes")
    let note = notes.appendingPathComponent(
      try #require(try FileManager.default.contentsOfDirectory(atPath: notes.path).first))
    // What is remembered is what is answered.
    let text = try String(contentsOf: note, encoding: .utf8)
    try Data(text.replacing(hash, with: String(repeating: "0", count: 64)).utf8).write(to: note)
    #expect(try cache.hash(of: model, now: later) == String(repeating: "0", count: 64))
    try LanguageModel(configuration: shape, seed: 4).save(to: model)
    #expect(try cache.hash(of: model, now: later) == ModelLibrary.hash(ofWeightsIn: model))
    #expect(try cache.hash(of: model, now: later) != hash)
  }

  @Test func aFileThatHasJustChangedIsNotRemembered() throws {
    _ = try cache.hash(of: model, now: Date())
    #expect(!FileManager.default.fileExists(atPath: kept.appendingPathComponent("hashes").path))
  }

  /// A model that is an adapter over another: merged, rounded, and kept under the identity of both.
  @Test func anAdapterIsMergedRoundedAndKept() throws {
    let store = try Store(path: folder.appendingPathComponent("a.sqlite").path)
    let library = ModelLibrary(store: store, folder: folder.appendingPathComponent("files"))
    let base = try library.save(name: "base", kind: .base, parent: nil) {
      try LanguageModel(folder: model).save(to: $0)
    }
    let dense = try library.base(base)
    let adapter = try Adapter(
      AdapterConfiguration(rank: 2, alpha: 4, targetModules: ["q_proj", "down_proj"]), model: dense, seed: 5)
    for parameter in adapter.parameters { parameter.value.fill(0.01) }
    let tuned = try library.save(name: "tuned", kind: .adapter, parent: base) { try adapter.save(to: $0) }
    library.close()
    let merged = try LanguageModel(folder: model)
    try adapter.merge(into: merged)
    let expected = logits(try LanguageModel(rounding: OpenedWeights(merged), to: .nf4))
    let first = logits(try library.base(tuned, format: .nf4))
    #expect(first == expected)
    #expect(first != logits(try library.base(base, format: .nf4)))
    let entries = try FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent("files/quantized").path)
    #expect(Set(entries) == ["\(try library.identity(tuned))-nf4", "\(base.hash)-nf4"])
    library.close()
    #expect(logits(try library.base(tuned, format: .nf4)) == expected)
  }

  /// Training over a folder that is rounded already takes its own form, and says so where a recipe wants another.
  @Test func aRoundedFolderKeepsItsForm() throws {
    let rounded = folder.appendingPathComponent("rounded")
    try RoundedFolder.write(FolderWeights(model), as: .nf4, to: rounded)
    let store = try Store(path: folder.appendingPathComponent("a.sqlite").path)
    let library = ModelLibrary(store: store, folder: folder.appendingPathComponent("files"))
    let added = try store.addModel(
      ModelRecord(name: "rounded", kind: .base, path: rounded.path, hash: try ModelLibrary.hash(ofWeightsIn: rounded)))
    let base = try #require(try store.model(id: added.id))
    #expect(try library.base(base).format == .nf4)
    #expect(throws: ModelError.self) { try library.base(base, format: .int8) }
    let adapter = try Adapter(
      AdapterConfiguration(rank: 2, alpha: 4, targetModules: ["q_proj"]), model: try library.base(base), seed: 5)
    let tuned = try library.save(name: "tuned", kind: .adapter, parent: base) { try adapter.save(to: $0) }
    // B is zero, so merging changes nothing but the second rounding.
    #expect(try library.base(tuned).format == .nf4)
    #expect(try library.base(tuned, format: .f32).format == .f32)
    #expect(try logits(library.base(tuned, format: .f32)) == logits(library.base(base)))
    #expect(try library.role(tuned).model.format == .nf4)
    #expect(
      !FileManager.default.fileExists(atPath: folder.appendingPathComponent("files/quantized/\(base.hash)-nf4").path))
  }

  @Test(
    arguments: [
      ("- sft: {weights: int8}", "stage sft: weights: int8, but rounded holds nf4"),
      ("- sft: {method: full}", "stage sft: method: full trains all weights"),
      ("- pretrain: {steps: 1}", "stage pretrain trains all weights"),
      ("- sft: {}", nil), ("- sft: {weights: nf4}", nil),
    ] as [(String, String?)]) func recipesThatCannotUseItAreRefused(_ stage: String, _ message: String?) throws
  {
    try RoundedFolder.write(
      FolderWeights(model), as: .nf4, to: folder.appendingPathComponent("rounded"))
    let recipe = try Recipe.parse(
      "name: a\nmodel: {folder: rounded}\nstages:\n  \(stage)\n", file: folder.appendingPathComponent("a.yaml").path,
      overrides: [])
    let store = try Store(path: folder.appendingPathComponent("b.sqlite").path)
    let run = RecipeRun(recipe: recipe, store: store, program: "test", log: RunLog(isQuiet: true))
    guard let message else {
      #expect(throws: Never.self) { try run.plan() }
      return
    }
    let error = #expect(throws: RecipeError.self) { try run.run() }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    #expect(error?.exitCode == 2)
    #expect(try store.runs().isEmpty)
  }
}
