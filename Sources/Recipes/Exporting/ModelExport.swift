import Foundation
import Models
import Store
import Tokenizers

/// Writes a model for other programs, with its card; nothing is at the place until all of it is.
public struct ModelExport {
  let opened: OpenedModel
  let format: ExportFormat
  let type: GGUFPrecision
  let store: String
  let program: String
  /// Told what was checked.
  let note: (String) -> Void

  /// - Parameters:
  ///   - type: of the weights; nil for the format's own.
  ///   - store: the path of the store that the model was looked for in.
  ///   - program: name and version, for the card.
  /// - Throws: `RecipeError.usage` for a type that the format has not.
  public init(
    _ opened: OpenedModel, format: ExportFormat, type: GGUFPrecision?, store: String, program: String,
    note: @escaping (String) -> Void
  ) throws {
    try Self.check(format, type)
    self.opened = opened
    self.format = format
    self.type = type ?? format.types[0]
    self.store = store
    self.program = program
    self.note = note
  }

  /// - Throws: `RecipeError.usage` for a type that the format has not.
  public static func check(_ format: ExportFormat, _ type: GGUFPrecision?) throws {
    guard let type, format == .peft || !format.types.contains(type) else { return }
    throw RecipeError.usage(
      format == .peft
        ? "--format peft takes no --type: adapters are f32"
        : "--format \(format.rawValue) is written in \(format.types.map(\.rawValue).joined(separator: ", ")), "
          + "not \(type.rawValue)")
  }

  /// What an export makes: the place itself, and for a file its card beside it.
  ///
  /// - Throws: `RecipeError.usage` for a place that is taken, or a GGUF file without that ending.
  public static func places(_ format: ExportFormat, _ output: URL) throws -> [URL] {
    var places = [output]
    if format == .gguf {
      guard output.pathExtension == "gguf" else {
        throw RecipeError.usage("\(output.path): name a file that ends in .gguf with -o")
      }
      places = [output.deletingPathExtension().appendingPathExtension("md"), output]
    }
    for place in places where FileManager.default.fileExists(atPath: place.path) {
      let kind = format == .gguf ? "file" : "folder"
      throw RecipeError.usage("\(place.path) exists already: name a new \(kind) with -o")
    }
    return places
  }

  /// Merges, checks and writes.
  ///
  /// - Throws: `RecipeError.stage` where the merged model does not say what the adapter over its base says;
  ///   `RecipeError.usage` for a place that is taken; `ModelError` and `TokenizerError` for what cannot be written.
  public func run(to output: URL) throws {
    let places = try Self.places(format, output)
    switch format {
    case .hf:
      let opened = try merged()
      let card = try card()
      try Draft.folder(output) { folder in
        try opened.role.model.save(to: folder, as: type.safetensors)
        try opened.tokenizer.save(to: folder)
        try card.write(to: folder.appendingPathComponent("README.md"))
      }
    case .gguf:
      let opened = try merged()
      let card = try card()
      try Draft.write(beside: output) { folder in
        try opened.role.model.saveGGUF(
          to: folder.appendingPathComponent("model"), precision: type, tokenizer: opened.tokenizer,
          description: GGUFDescription(name: opened.name, license: card.license))
        try card.write(to: folder.appendingPathComponent("card"))
      } moves: { folder in
        [(folder.appendingPathComponent("card"), places[0]), (folder.appendingPathComponent("model"), places[1])]
      }
    case .peft:
      let (adapter, base) = try standaloneAdapter()
      var card = try card()
      card.adapterTag = adapter.tag
      try Draft.folder(output) { folder in
        try adapter.save(to: folder, baseModel: base.path)
        try card.write(to: folder.appendingPathComponent("README.md"))
      }
    }
  }

  /// Puts the adapter into the weights and looks whether the model still says the same.
  private func merged() throws -> OpenedModel {
    var merged = opened
    if opened.role.virtualTokenCount > 0 {
      throw RecipeError.usage(
        "\(opened.name) has virtual tokens, which cannot be merged into weights: take --format peft")
    }
    if opened.role.model.format != .f32 {
      merged.role = Role(try LanguageModel(expanding: opened.role.model), opened.role.adapter)
    }
    guard let adapter = merged.role.adapter else { return merged }
    let check = MergeCheck(merged.role, tokenizer: merged.tokenizer)
    try adapter.merge(into: merged.role.model)
    merged.role = Role(merged.role.model)
    try accept(check.difference(from: merged.role))
    return merged
  }

  private func accept(_ difference: MergeCheck.Difference) throws {
    guard difference.isSmall else {
      throw RecipeError.stage(
        "export", problem: "the merged model says something else: \(difference.text); nothing was written")
    }
    note("merged: " + difference.text)
  }

  /// The adapter, and the folder of the weights under it. One that stands on other adapters becomes their sum, so that
  /// it stands on whole weights.
  private func standaloneAdapter() throws -> (Adapter, base: URL) {
    guard let adapter = opened.role.adapter else {
      throw RecipeError.usage("\(opened.name) is whole weights, no adapter: take --format hf or gguf")
    }
    guard let base = opened.base else { return (adapter, opened.folder) }
    let store = try Store(path: store, access: .readOnly)
    let library = ModelLibrary(store: store, folder: URL(fileURLWithPath: store.path + ".files"))
    var folders = [try adapterFolder(library)]
    var root = base
    let isPrompt = adapter.lowRank == nil
    while root.kind != .base, let parent = try library.parent(of: root) {
      // Virtual tokens that were trained on stand in the place of those before.
      let isPromptToo = try Adapter.isPrompt(folder: library.location(root))
      if isPromptToo != isPrompt {
        throw RecipeError.usage(
          "\(opened.name) is virtual tokens and low-rank updates together, which PEFT cannot hold as one adapter")
      }
      if !isPrompt { folders.insert(library.location(root), at: 0) }
      root = parent
    }
    guard folders.count > 1 else { return (adapter, library.location(root)) }
    let model = try library.base(root)
    let sum = try Adapter.weightedSum(folders.map { (try Adapter(folder: $0, model: model), 1) }, model: model)
    try accept(MergeCheck(opened.role, tokenizer: opened.tokenizer).difference(from: Role(model, sum)))
    return (sum, library.location(root))
  }

  private func adapterFolder(_ library: ModelLibrary) throws -> URL {
    if let folder = opened.adapterFolder { return folder }
    return opened.record.map(library.location) ?? opened.folder
  }

  private func card() throws -> ModelCard {
    var card = ModelCard(name: opened.name, format: format, type: type, program: program)
    var source: URL? = opened.folder
    if let record = opened.record {
      let store = try Store(path: store, access: .readOnly)
      let library = ModelLibrary(store: store, folder: URL(fileURLWithPath: store.path + ".files"))
      let lineage = try ModelLineage(of: record, store: store, library: library)
      card.lineage = lineage
      source = lineage.adopted
    }
    if let source {
      card.license = ModelCard.known("license", in: source)
      card.baseModel = format == .peft || opened.record != nil ? source.lastPathComponent : nil
      if opened.record == nil { card.baseModel = card.baseModel ?? ModelCard.known("base_model", in: source) }
    }
    if opened.record == nil { card.notes.append("It was made from the folder \(opened.folder.lastPathComponent).") }
    if let adapter = opened.adapterFolder {
      let verb = format == .peft ? "The adapter came from" : "Merged into the weights is the adapter in"
      card.notes.append("\(verb) the folder \(adapter.lastPathComponent).")
    }
    return card
  }
}

extension Adapter {
  /// The kind's name among the tags of model cards.
  fileprivate var tag: String {
    switch method {
    case .lowRank: deltasByLayer.isEmpty ? "trainable-tokens" : "lora"
    case .prompt(let configuration): configuration.method.rawValue.lowercased().replacingOccurrences(of: "_", with: "-")
    }
  }
}

extension GGUFPrecision {
  /// The same among safetensors' types.
  fileprivate var safetensors: SafetensorsType {
    switch self {
    case .bf16: .bfloat16
    case .f16: .float16
    default: .float32
    }
  }
}
