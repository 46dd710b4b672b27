import Foundation
import Models
import Store
import Tensors
import Tokenizers

/// A model that somebody named: a folder, a name or id in the store, or the one trained last.
public struct OpenedModel {
  public var name: String
  public var role: Role
  public var tokenizer: Tokenizer
  /// The row in the store; nil for a plain folder.
  public var record: ModelRecord?

  /// - Parameters:
  ///   - reference: A folder, a model's name (`demo/sft`) or its last part (`sft`), an id; nil for the one made last.
  ///   - adapter: A PEFT folder to put over it.
  ///   - weights: What the base's weights are kept in; nil for what the folder holds, f32 where it is not rounded.
  ///   - store: The store's path; looked at only where `reference` is no folder.
  /// - Throws: `RecipeError.usage` when there is no such model; whatever a damaged file throws.
  public init(
    _ reference: String?, adapter: String? = nil, weights: WeightFormat? = nil, store: String
  ) throws {
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
      role = Role(model, try adapter.map { try Adapter(folder: URL(fileURLWithPath: $0), model: model) })
    } else {
      if let reference, !FileManager.default.fileExists(atPath: store) {
        throw RecipeError.usage(
          "there is no folder \(reference), and no store \(store) to find a model of that name in")
      }
      let store = try Store(path: store, access: .readOnly)
      let record = try Self.find(reference, in: store)
      let library = ModelLibrary(store: store, folder: URL(fileURLWithPath: store.path + ".files"))
      let found = try library.role(record, format: weights)
      name = record.name
      tokenizer = try library.tokenizer(record)
      role =
        try adapter.map { path in
          let model = try library.base(record, format: weights)
          return Role(model, try Adapter(folder: URL(fileURLWithPath: path), model: model))
        } ?? found
      self.record = record
    }
    role.adapter?.isTrainable = false
  }

  private static func find(_ reference: String?, in store: Store) throws -> ModelRecord {
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

  /// Writes the model as one Hugging Face folder in f32, an adapter merged into the weights.
  public func export(to folder: URL) throws {
    let model = role.model.format == .f32 ? role.model : try LanguageModel(expanding: role.model)
    if let adapter = role.adapter { try adapter.merge(into: model) }
    try model.save(to: folder)
    try tokenizer.save(to: folder)
  }
}
