import Foundation
import Models
import Store
import Tensors
import Tokenizers
import Training

/// A model that somebody named: a folder, a name or id in the store, or the one trained last.
public struct OpenedModel {
  public var name: String
  public var role: Role
  public var tokenizer: Tokenizer
  /// The row in the store; nil for a plain folder.
  public var record: ModelRecord?
  /// The row of the weights under the adapter, as `role.model` holds them; nil for a plain folder.
  package var base: ModelRecord?
  /// Virtual tokens that stand before the weights under every adapter.
  var prompt: Adapter?
  /// Where the weights, or the store's adapter over them, lie.
  package var folder: URL
  /// A PEFT folder that was put over the model.
  package var adapterFolder: URL?

  /// - Parameters:
  ///   - reference: A folder, a model's name (`demo/sft`) or its last part (`sft`), an id; nil for the one made last.
  ///   - adapter: What to put over it: a PEFT folder, or an adapter of the store that stands on it.
  ///   - weights: What the base's weights are kept in; nil for what the folder holds, f32 where it is not rounded.
  ///   - store: The store's path; looked at only where `reference` is no folder.
  /// - Throws: `RecipeError.usage` when there is no such model; whatever a damaged file throws.
  public init(
    _ reference: String?, adapter: String? = nil, weights: WeightFormat? = nil, store: String
  ) throws {
    try self.init(reference, isWhole: adapter != nil, weights: weights, store: store)
    if let adapter { self = try switched(toAdapter: adapter, store: store) }
    role.adapter?.isTrainable = false
    if role.model.weightBytes < (AvailableMemory.bytes ?? 0) / 4 { role.model.leaveFiles() }
  }

  /// A model without an adapter over it: one of the store is merged with its own.
  init(whole reference: String, store: String) throws {
    try self.init(reference, isWhole: true, weights: nil, store: store)
  }

  private init(_ reference: String?, isWhole: Bool, weights: WeightFormat?, store: String) throws {
    if let reference, FileManager.default.fileExists(atPath: reference) {
      let folder = URL(fileURLWithPath: reference)
      let source = try FolderWeights(folder)
      let model: LanguageModel
      if let weights, try !source.needsNoRounding(to: weights) {
        let cache = RoundedCache.personal
        model = try cache.model(source, as: weights) { try cache.hash(of: folder) }
      } else {
        model = try LanguageModel(mapping: source, format: weights)
      }
      name = folder.lastPathComponent
      tokenizer = try Tokenizer(folder: folder)
      role = Role(model)
      self.folder = folder
    } else {
      if let reference, !FileManager.default.fileExists(atPath: store) {
        throw RecipeError.usage(
          "there is no folder \(reference), and no store \(store) to find a model of that name in")
      }
      let store = try Store(path: store, access: .readOnly)
      let record = try Self.find(reference, in: store)
      let library = ModelLibrary(store: store, folder: URL(fileURLWithPath: store.path + ".files"))
      name = record.name
      tokenizer = try library.tokenizer(record)
      folder = library.location(record)
      self.record = record
      let under = record.kind == .base || isWhole ? record : try library.parent(of: record) ?? record
      base = under
      let model = try library.base(under, format: weights)
      prompt = try library.prompt(of: under, model: model)
      role = isWhole ? Role(model, prompt: prompt) : try library.role(record, format: weights)
    }
  }

  static func find(_ reference: String?, in store: Store) throws -> ModelRecord {
    let models = try store.models().filter { $0.kind == .base || $0.kind == .adapter }
    guard let reference else {
      guard let last = models.last else {
        throw RecipeError.usage("\(store.path) holds no model yet: run rlhf train RECIPE, or name a model's folder")
      }
      return last
    }
    if let found = models.last(where: { $0.id == reference || $0.name == reference })
      ?? models.last(where: { $0.name.split(separator: "/").last.map(String.init) == reference })
    {
      return found
    }
    let names = Set(models.map(\.name)).sorted()
    let shortened = names.compactMap { $0.split(separator: "/").last.map(String.init) }
    let hint = nearestName(to: reference, among: names + shortened).map { "did you mean \($0)?" }
    throw RecipeError.usage(
      "there is no folder and no model \(reference): "
        + (hint ?? (names.isEmpty ? "the store has none" : "the store has " + names.joined(separator: ", "))))
  }
}
