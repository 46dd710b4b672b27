import Foundation
import Models
import Store
import Tensors
import Tokenizers

import enum Store.JSONValue

/// The weights beside the store: folders named by the hash of their content, opened once each.
package final class ModelLibrary {
  package let store: Store
  package let folder: URL
  private var bases: [BaseKey: LanguageModel] = [:]

  private struct BaseKey: Hashable {
    let id: String
    let format: WeightFormat
  }

  private var tokenizers: [String: Tokenizer] = [:]

  package init(store: Store, folder: URL) {
    self.store = store
    self.folder = folder
  }

  package func checkpoints(ofRun run: String) -> URL {
    folder.appendingPathComponent("checkpoints").appendingPathComponent(run)
  }

  /// Deletes a finished run's checkpoints: its model is saved.
  package func removeCheckpoints(ofRun run: String) throws {
    for checkpoint in try store.checkpoints(run: run) { try store.deleteCheckpoint(id: checkpoint.id) }
    try? FileManager.default.removeItem(at: checkpoints(ofRun: run))
  }

  /// A hash of the weights that includes those an adapter stands on.
  package func identity(_ model: ModelRecord) throws -> String {
    guard let parent = try parent(of: model), model.kind != .base else { return model.hash }
    return ContentHash.of("\(model.kind.rawValue) \(model.hash) on \(try identity(parent))")
  }

  package func parent(of model: ModelRecord) throws -> ModelRecord? {
    try model.parent.flatMap { try store.model(id: $0) }
  }

  /// Where a model's files lie: at the recorded path, or beside the store when both were moved together.
  package func location(_ model: ModelRecord) -> URL {
    let recorded = URL(fileURLWithPath: model.path)
    guard !FileManager.default.fileExists(atPath: model.path) else { return recorded }
    let beside = folder.appendingPathComponent("models").appendingPathComponent(recorded.lastPathComponent)
    return FileManager.default.fileExists(atPath: beside.path) ? beside : recorded
  }

  package func isOnDisk(_ model: ModelRecord) -> Bool {
    FileManager.default.fileExists(atPath: location(model).path)
  }

  /// What the folder that a model stands on holds; nil where its weights are not rounded.
  package func storedFormat(_ model: ModelRecord) throws -> WeightFormat? {
    try WeightFormat.stored(inFolder: location(try root(of: model)))
  }

  /// The model of full weights that a model stands on; itself, where it has all.
  private func root(of model: ModelRecord) throws -> ModelRecord {
    var root = model
    while root.kind != .base, let parent = try parent(of: root) { root = parent }
    return root
  }

  /// The full weights of a model, kept in `format` (nil: as the folder holds them, f32 where it is not rounded): those of
  /// an adapter are merged with what it stands on. Weights that have to be rounded are rounded once and kept on disk.
  package func base(_ model: ModelRecord, format: WeightFormat? = nil) throws -> LanguageModel {
    let stored = try storedFormat(model)
    let format = format ?? stored ?? .f32
    let key = BaseKey(id: model.id, format: format)
    if let known = bases[key] { return known }
    let loaded: LanguageModel
    if model.kind != .base, try hasVirtualTokens(model) {
      // They stand before the weights and change none of them.
      return try base(knownParent(of: model), format: format)
    } else if model.kind == .base {
      let weights = try FolderWeights(location(model))
      loaded =
        try weights.needsNoRounding(to: format)
        ? LanguageModel(mapping: weights, format: format)
        : rounded.model(weights, as: format) { try contentIdentity(model) }
    } else if format != .f32 {
      loaded = try rounded.model(AnyWeights(source(model)), as: format) { try contentIdentity(model) }
    } else if stored != nil {
      loaded = try LanguageModel(rounding: AnyWeights(source(model)), to: .f32)
    } else {
      loaded = try freshBase(try knownParent(of: model))
      try Adapter(folder: location(model), model: loaded).merge(into: loaded)
    }
    bases[key] = loaded
    return loaded
  }

  /// The full weights of a model as f32, one at a time, adapters merged.
  private func source(_ model: ModelRecord) throws -> any WeightSource {
    if model.kind == .base { return try FolderWeights(location(model)) }
    let below = try source(knownParent(of: model))
    return try hasVirtualTokens(model) ? below : MergedWeights(below, adapter: location(model))
  }

  private func knownParent(of model: ModelRecord) throws -> ModelRecord {
    guard let parent = try parent(of: model) else { throw StoreError.notFound(id: model.parent ?? model.id) }
    return parent
  }

  private var rounded: RoundedCache { RoundedCache.beside(models: folder) }

  /// `identity` with the hash that the files have now, where they lie outside of the library and may have changed.
  private func contentIdentity(_ model: ModelRecord) throws -> String {
    guard model.kind == .base else {
      return ContentHash.of("\(model.kind.rawValue) \(model.hash) on \(try contentIdentity(knownParent(of: model)))")
    }
    let place = location(model).standardizedFileURL.path
    let own = folder.appendingPathComponent("models").standardizedFileURL.path
    return place.hasPrefix(own + "/") ? model.hash : try rounded.hash(of: location(model))
  }

  /// Weights of their own, to be trained or merged into without changing what others use.
  package func freshBase(_ model: ModelRecord) throws -> LanguageModel {
    let key = BaseKey(id: model.id, format: .f32)
    let known = bases.removeValue(forKey: key)
    defer { bases[key] = known }
    let loaded = try base(model, format: .f32)
    bases[key] = nil
    return loaded
  }

  /// The model ready to be asked: an adapter over the weights that its siblings share.
  package func role(_ model: ModelRecord, format: WeightFormat? = nil) throws -> Role {
    guard model.kind != .base, let parent = try parent(of: model) else {
      return Role(try base(model, format: format))
    }
    let shared = try base(parent, format: format)
    let adapter = try Adapter(folder: location(model), model: shared)
    adapter.isTrainable = false
    return Role(shared, adapter, prompt: try hasVirtualTokens(model) ? nil : prompt(of: parent, model: shared))
  }

  /// The virtual tokens that a model was trained with, in the state that they were left in; nil without any.
  ///
  /// - Parameter trainsEncoder: whether they are computed from their encoder again.
  package func prompt(
    of record: ModelRecord, model: LanguageModel, trainsEncoder: Bool = false
  ) throws -> Adapter? {
    guard record.kind != .base else { return nil }
    guard try hasVirtualTokens(record) else {
      return try parent(of: record).flatMap { try prompt(of: $0, model: model, trainsEncoder: trainsEncoder) }
    }
    let adapter = try Adapter(folder: location(record), model: model, trainsEncoder: trainsEncoder)
    adapter.isTrainable = false
    return adapter
  }

  private func hasVirtualTokens(_ model: ModelRecord) throws -> Bool {
    try Adapter.isPrompt(folder: location(model))
  }

  /// The tokenizer of a model, which lies in the folder of the weights it stands on.
  package func tokenizer(_ model: ModelRecord) throws -> Tokenizer {
    let root = try root(of: model)
    if let known = tokenizers[root.path] { return known }
    let loaded = try Tokenizer(folder: location(root))
    tokenizers[root.path] = loaded
    return loaded
  }

  /// Forgets opened weights, so that memory is free for the next stage.
  package func close() { bases = [:] }

  /// Saves weights under the hash of their content and records them.
  /// - Parameter write: writes the files into the folder it is given.
  package func save(
    name: String, kind: ModelRecord.Kind, parent: ModelRecord?, config: JSONValue = [:], write: (URL) throws -> Void
  ) throws -> ModelRecord {
    let manager = FileManager.default
    let models = folder.appendingPathComponent("models")
    let draft = models.appendingPathComponent(".draft-\(getpid())")
    try? manager.removeItem(at: draft)
    try manager.createDirectory(at: draft, withIntermediateDirectories: true)
    defer { try? manager.removeItem(at: draft) }
    try write(draft)
    let hash = try Self.hash(ofWeightsIn: draft)
    // Adapters of equal bytes over different bases are different models.
    let ending = try parent.map { "-" + (try identity($0)).prefix(8) } ?? ""
    let place = models.appendingPathComponent("\(hash.prefix(16))\(kind == .base ? "" : ending)")
    try? manager.removeItem(at: place)
    try manager.moveItem(at: draft, to: place)
    let model = ModelRecord(
      name: name, kind: kind, path: place.path, hash: hash, parent: parent?.id, config: config)
    let added = try store.addModel(model)
    bases = bases.filter { $0.key.id != added.id }
    return try store.model(id: added.id) ?? model
  }

  /// The content hash of a folder's safetensors and configuration.
  package static func hash(ofWeightsIn folder: URL) throws -> String {
    let hashes = try hashedFiles(of: folder).map {
      "\($0) \(try ContentHash.ofFile(folder.appendingPathComponent($0).path))"
    }
    return ContentHash.of(hashes.joined(separator: "\n"))
  }

  /// The names of the files that the content hash reads, sorted.
  static func hashedFiles(of folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter {
      $0.hasSuffix(".safetensors") || $0 == "config.json" || $0 == "adapter_config.json" || $0 == "tokenizer.json"
    }
  }
}
