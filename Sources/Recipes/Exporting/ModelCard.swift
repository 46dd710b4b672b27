import Foundation
import Models
import Store
import Terminal

/// README.md of an exported model: front matter as Hugging Face reads it, then where the model comes from.
///
/// A card says only what is known: of a plain folder little, of a model of the store its whole lineage.
struct ModelCard {
  var name: String
  var format: ExportFormat
  var type: GGUFPrecision
  /// Which program wrote it.
  var program: String
  /// The name of the model that training started from.
  var baseModel: String?
  /// Of the base model, where its folder says it.
  var license: String?
  /// The adapter's kind, as tags name it.
  var adapterTag = "lora"
  /// Sentences on what was put together, as a merged adapter.
  var notes: [String] = []
  var lineage: ModelLineage?

  var text: String { frontMatter + "\n# \(name)\n\n" + ([introduction] + sections).joined(separator: "\n\n") + "\n" }

  func write(to url: URL) throws {
    do {
      try Data(text.utf8).write(to: url)
    } catch {
      throw ModelError.unwritable(file: url.path, reason: error.localizedDescription)
    }
  }

  // MARK: Front matter

  private var frontMatter: String {
    let library = [ExportFormat.hf: "transformers", .peft: "peft", .gguf: "llama.cpp"][format] ?? ""
    var lines = ["library_name: \(library)", "pipeline_tag: text-generation"]
    if let baseModel { lines.append("base_model: \(Self.quoted(baseModel))") }
    if let license { lines.append("license: \(Self.quoted(license))") }
    let tags =
      ["touchstone"] + (format == .hf ? [] : [format == .peft ? adapterTag : "gguf"]) + (lineage?.methods ?? [])
    lines += ["tags:"] + tags.map { "- \(Self.quoted($0))" }
    return (["---"] + lines + ["---"]).joined(separator: "\n") + "\n"
  }

  /// A YAML string; JSON's quoting is YAML's as well.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.wholeMatch(of: /[A-Za-z][A-Za-z0-9._\/-]*/) != nil
    return isPlain ? text : JSONValue.string(text).canonical
  }

  /// The value of a key of a folder's README.md, where that has front matter.
  static func known(_ key: String, in folder: URL) -> String? {
    guard let text = try? String(contentsOf: folder.appendingPathComponent("README.md"), encoding: .utf8) else {
      return nil
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first == "---" else { return nil }
    let found = lines.dropFirst().prefix { $0 != "---" }.first { $0.hasPrefix(key + ":") }
    let value = found?.dropFirst(key.count + 1).trimmingCharacters(in: .whitespaces)
      .trimmingCharacters(in: CharacterSet(charactersIn: "\"'"))
    return value?.isEmpty == false ? value : nil
  }

  // MARK: Body

  private var introduction: String {
    let what =
      switch format {
      case .hf: "A Hugging Face folder with weights in \(type.rawValue)"
      case .peft: "A PEFT adapter"
      case .gguf: "A GGUF file with weights in \(type.rawValue)"
      }
    return ([what + ", written by Touchstone (\(program))."] + notes).joined(separator: " ")
  }

  private var sections: [String] {
    guard let lineage else { return [] }
    return [origin(lineage), data(lineage), validation(lineage)].compactMap { $0 }
  }

  private func origin(_ lineage: ModelLineage) -> String {
    var lines = ["## Where it comes from", ""]
    let base = lineage.adopted.map { _ in baseModel ?? "a folder" } ?? "none; it began with random weights"
    lines.append("- Base model: \(base)" + (license.map { " (\($0))" } ?? ""))
    if !lineage.recipes.isEmpty { lines.append("- Recipe: \(lineage.recipes.joined(separator: ", "))") }
    lines += ["", "| stage | kind | seed | program | finished | weights (SHA-256) |", "|---|---|---|---|---|---|"]
    for step in lineage.steps {
      let run = step.run
      let cells = [
        step.stage, run?.stage ?? step.model.kind.rawValue, run.map { String($0.seed) } ?? "", run?.program ?? "",
        String((run?.ended ?? step.model.created).prefix(16)), String(step.model.hash.prefix(16)),
      ]
      lines.append("| " + cells.map(Self.cell).joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n")
  }

  private func data(_ lineage: ModelLineage) -> String? {
    var lines: [String] = []
    var origins: [String: RunData.Origin] = [:]
    for step in lineage.steps {
      guard let data = step.data, !data.reads.isEmpty else { continue }
      let counts = data.reads.sorted { $0.key.rawValue < $1.key.rawValue }.map { kind, count in
        "\(count) \(Self.plural[kind] ?? kind.rawValue)"
      }
      lines.append(
        "- \(Self.cell(step.stage)) read \(counts.joined(separator: ", ")), made from \(data.origins.count) sources.")
      for origin in data.origins { origins[origin.id] = origin }
    }
    guard !lines.isEmpty else { return nil }
    if !origins.isEmpty { lines += ["", "| licence | sources | among them |", "|---|---|---|"] }
    let byLicence = Dictionary(grouping: origins.values) { $0.licence ?? "not stated" }
    for (licence, sources) in byLicence.sorted(by: { $0.key < $1.key }) {
      let names = sources.map(\.name).sorted().prefix(8).joined(separator: ", ")
      lines.append("| \(Self.cell(licence)) | \(sources.count) | \(Self.cell(names)) |")
    }
    return (["## Data", ""] + lines).joined(separator: "\n")
  }

  private static let plural: [RecordID.Kind: String] = [
    .pair: "pairs", .document: "documents", .comparison: "comparisons", .prompt: "prompts", .rollout: "rollouts",
    .completion: "completions", .judgement: "judgements",
  ]

  private func validation(_ lineage: ModelLineage) -> String? {
    let rows = lineage.steps.flatMap { step in
      step.validation.map { metric in
        let name = metric.name.replacing("validation/", with: "")
        return "| \(Self.cell(step.stage)) | \(name) | \(fixed(metric.value, 4)) | \(metric.step) |"
      }
    }
    guard !rows.isEmpty else { return nil }
    return (["## Validation", "", "| stage | measure | value | at step |", "|---|---|---|---|"] + rows)
      .joined(separator: "\n")
  }

  /// A text inside a table.
  private static func cell(_ text: String) -> String {
    text.replacing("|", with: "\\|").replacing("\n", with: " ")
  }
}
