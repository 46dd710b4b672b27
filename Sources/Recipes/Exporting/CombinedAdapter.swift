import Foundation
import Models
import Store

/// Several adapters of one base as one PEFT folder, for `rlhf combine`.
public struct CombinedAdapter {
  /// `sft=0.5`: an adapter of the store or a PEFT folder, and how much of it.
  public struct Term: Sendable, Hashable {
    public var reference: String
    public var weight: Float

    /// - Throws: `RecipeError.usage` where the text is no name, `=` and number.
    public init(_ text: String) throws {
      guard let sign = text.lastIndex(of: "="), sign > text.startIndex,
        let weight = Float(text[text.index(after: sign)...]), weight.isFinite
      else {
        throw RecipeError.usage("\(text): expected NAME=WEIGHT, as in sft=0.5")
      }
      reference = String(text[..<sign])
      self.weight = weight
    }
  }

  private let sum: Adapter
  private let base: URL?
  private let card: ModelCard
  /// What the sum stands on.
  public let baseName: String
  public var rank: Int { sum.lowRank?.rank ?? 0 }

  /// - Parameters:
  ///   - model: a folder or a name from the store that the adapters stand on; needed where one is a folder.
  ///   - store: the store's path.
  ///   - program: name and version, for the card.
  /// - Throws: `RecipeError.usage` for adapters that are not there or stand on different models; `ModelError` for ones
  ///   that cannot be summed so.
  public init(
    _ terms: [Term], by method: AdapterCombination, model: String?, store path: String, program: String
  ) throws {
    let opened = try Self.base(terms, model: model, store: path)
    let weights = opened.role.model
    let adapters = try terms.map { term in
      let adapter = try opened.switched(toAdapter: term.reference, store: path).role.adapter
      guard let adapter else { throw RecipeError.usage("\(term.reference) is no adapter") }
      return (adapter, term.weight)
    }
    sum = try Adapter.weightedSum(adapters, by: method, model: weights)
    baseName = opened.name
    // Weights that an adapter is merged into exist in memory alone.
    base = opened.record.map { $0.kind == .base } ?? true ? opened.folder : nil
    var card = ModelCard(name: "combined adapter", format: .peft, type: .f32, program: program)
    card.baseModel = opened.record?.name ?? opened.folder.lastPathComponent
    card.license = ModelCard.known("license", in: opened.folder)
    let parts = terms.map { "\($0.weight) × \(($0.reference as NSString).lastPathComponent)" }
    card.notes = ["It is \(parts.joined(separator: " + ")) over \(opened.name), combined by \(method.rawValue)."]
    self.card = card
  }

  /// Writes the folder, all at once.
  public func write(to output: URL) throws {
    try Draft.folder(output) { folder in
      try sum.save(to: folder, baseModel: base?.path)
      try card.write(to: folder.appendingPathComponent("README.md"))
    }
  }

  /// The weights under the adapters: the named model, else what the first adapter of the store stands on.
  private static func base(_ terms: [Term], model: String?, store path: String) throws -> OpenedModel {
    if let folder = terms.first(where: { FileManager.default.fileExists(atPath: $0.reference) }), model == nil {
      throw RecipeError.usage("\(folder.reference) is a folder: name the model it stands on with --model")
    }
    if let model { return try OpenedModel(whole: model, store: path) }
    guard let first = terms.first else { throw RecipeError.usage("name the adapters: rlhf combine sft=0.5 dpo=0.5") }
    guard FileManager.default.fileExists(atPath: path) else {
      throw RecipeError.usage("there is no folder \(first.reference), and no store \(path) to find an adapter in")
    }
    let store = try Store(path: path, access: .readOnly)
    let record = try OpenedModel.storedAdapter(first.reference, over: nil, in: store)
    return try OpenedModel(whole: record.parent ?? record.id, store: path)
  }
}
