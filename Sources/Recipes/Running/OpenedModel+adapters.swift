import Foundation
import Models
import Store

/// Adapters that somebody named: a PEFT folder, or an adapter of the store.
extension OpenedModel {
  /// The adapter of the store with this name or id, standing on `base`.
  ///
  /// - Throws: `RecipeError.usage` when there is none, or it stands on another model.
  static func storedAdapter(_ reference: String, over base: ModelRecord?, in store: Store) throws -> ModelRecord {
    let record = try find(reference, in: store)
    guard record.kind == .adapter, let parent = record.parent else {
      throw RecipeError.usage("\(record.name) is whole weights, no adapter")
    }
    if let base, base.id != parent {
      let other = try store.model(id: parent)?.name ?? parent
      throw RecipeError.usage(
        "the adapter \(record.name) stands on \(other), not on \(base.name): name the model \(record.name) itself")
    }
    return record
  }

  /// The same weights under another adapter, or under none.
  ///
  /// - Parameters:
  ///   - reference: a PEFT folder, the name of an adapter of the store that stands on the same weights, nil for none.
  ///   - store: the store's path; looked at only where `reference` is no folder.
  /// - Throws: `RecipeError.usage` when there is no such adapter; `ModelError` for one that does not fit.
  public func switched(toAdapter reference: String?, store path: String) throws -> OpenedModel {
    var other = self
    other.adapterFolder = nil
    other.record = base
    other.name = base?.name ?? folder.lastPathComponent
    guard let reference else {
      other.role = Role(role.model, prompt: prompt)
      return other
    }
    var place = URL(fileURLWithPath: reference)
    if FileManager.default.fileExists(atPath: reference) {
      other.adapterFolder = place
      other.name += " + " + place.lastPathComponent
    } else {
      guard let base else { throw RecipeError.usage("there is no folder \(reference)") }
      let store = try Store(path: path, access: .readOnly)
      let record = try Self.storedAdapter(reference, over: base, in: store)
      place = ModelLibrary(store: store, folder: URL(fileURLWithPath: store.path + ".files")).location(record)
      other.record = record
      other.name = record.name
    }
    let adapter = try Adapter(folder: place, model: role.model)
    adapter.isTrainable = false
    other.role = Role(role.model, adapter, prompt: prompt)
    return other
  }
}
