import Foundation
import Store
import Terminal

import enum Store.JSONValue

/// Finished training stages side by side: what was trained, how well, and what it took.
public struct TrainingRunList {
  public struct Row: Sendable {
    /// The recipe and the stage.
    public var name: String
    /// The kind of training: sft, dpo and so on.
    public var kind: String
    /// The method with the settings that set it apart.
    public var method: String
    public var trainedParameters: Int?
    /// Of the last measurement on held-out rows.
    public var validationLoss: Double?
    /// Bytes.
    public var peakMemory: Int?
    /// Over the steps alone.
    public var tokensPerSecond: Double?
    public var seconds: Double
  }

  public let rows: [Row]

  /// - Parameter kind: only stages of this kind; nil for all that train.
  /// - Throws: `RecipeError.usage` for a kind that does not train, `StoreError`.
  public init(_ store: Store, kind: String? = nil) throws {
    let known = StageKind.listed.filter(\.isTraining)
    if let kind, !known.contains(where: { $0.rawValue == kind }) {
      throw RecipeError.usage("no stage \(kind) trains: take \(known.map(\.rawValue).joined(separator: ", "))")
    }
    let wanted = known.filter { kind == nil || $0.rawValue == kind }
    var rows: [(started: String, row: Row)] = []
    for kind in wanted {
      for result in try store.stageResults(stage: StageRecord.key(kind)) {
        let run = try result.run.flatMap { try store.run(id: $0) }
        rows.append((run?.started ?? "", try Self.row(StageRecord(result), kind, store)))
      }
    }
    self.rows = rows.sorted { $0.started < $1.started }.map(\.row)
  }

  private static func row(_ record: StageRecord, _ kind: StageKind, _ store: Store) throws -> Row {
    let values = record.values.object ?? [:]
    var rate: Double?
    if let run = record.result.run {
      func sum(_ name: String) throws -> Double { try store.metrics(run: run, name: name).reduce(0) { $0 + $1.value } }
      let seconds = try sum("seconds")
      if seconds > 0 { rate = try sum("total_tokens") / seconds }
    }
    return Row(
      name: "\(record.recipe)/\(record.stage)", kind: kind.rawValue,
      method: kind == .pretrain ? "full" : MethodText(record.parameters.object ?? [:]).text,
      trainedParameters: values["trained_parameters"]?.int, validationLoss: values["validation/loss"]?.double,
      peakMemory: values["peak_memory"]?.int, tokensPerSecond: rate, seconds: record.seconds)
  }

  private static let titles = [
    "stage", "method", "trained weights", "validation loss", "peak memory", "tokens/s", "seconds",
  ]

  private func cells(_ row: Row) -> [String] {
    [
      row.name, row.method, row.trainedParameters.map { shortNumber(Double($0)) } ?? "",
      row.validationLoss.map { fixed($0, 3) } ?? "", row.peakMemory.map(MemoryForecast.gigabytes) ?? "",
      row.tokensPerSecond.map { shortNumber($0) } ?? "", fixed(row.seconds, 0),
    ]
  }

  /// For the terminal.
  public var table: Table {
    var table = Table(
      Self.titles.enumerated().map {
        Table.Column($1, $0 > 1 ? .right : .left, canShrink: $0 == 1)
      })
    for row in rows { table.append(cells(row)) }
    return table
  }

  /// The same as a Markdown table.
  public var markdown: String {
    let lines = [Self.titles, Self.titles.indices.map { $0 > 1 ? "--:" : "---" }] + rows.map(cells)
    return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
  }

  public static func json(_ row: Row) -> JSONValue {
    [
      "name": .string(row.name), "kind": .string(row.kind), "method": .string(row.method),
      "trained_parameters": row.trainedParameters.map(JSONValue.int) ?? nil,
      "validation_loss": row.validationLoss.map(JSONValue.double) ?? nil,
      "peak_memory": row.peakMemory.map(JSONValue.int) ?? nil,
      "tokens_per_second": row.tokensPerSecond.map(JSONValue.double) ?? nil, "seconds": .double(row.seconds),
    ]
  }
}

/// A stage's method in a few words, with the settings that differ from the defaults.
struct MethodText {
  private let parameters: [String: JSONValue]

  init(_ parameters: [String: JSONValue]) { self.parameters = parameters }

  var text: String {
    let method = TuningMethod(rawValue: parameters["method"]?.string ?? "") ?? .lora
    var parts = [method.rawValue]
    if method == .lora { parts += lora(parameters["lora"]?.object ?? [:]) }
    if method.promptMethod != nil { parts += virtual(parameters["virtual_tokens"]?.object ?? [:]) }
    if let tokens = parameters["trained_tokens"]?.array, !tokens.isEmpty { parts.append("\(tokens.count) tokens") }
    if let weights = parameters["weights"]?.string, weights != "f32", method != .full { parts.append(weights) }
    if parameters["optimizer"]?.string == "adamw8bit" { parts.append("adamw8bit") }
    if let frozen = parameters["freeze"]?.array, !frozen.isEmpty { parts.append("partly frozen") }
    return parts.joined(separator: ", ")
  }

  private func lora(_ keys: [String: JSONValue]) -> [String] {
    var parts = ["rank \(keys["rank"]?.int ?? 0)"]
    for name in ["dora", "rslora"] where keys[name]?.bool == true { parts.append(name) }
    if let start = keys["start"]?.string, start != "default" { parts.append(start) }
    if let dropout = keys["dropout"]?.double, dropout > 0 { parts.append("dropout \(dropout)") }
    if let ratio = keys["plus_ratio"]?.double, ratio != 1 { parts.append("lora+ \(fixed(ratio, 0))") }
    return parts
  }

  private func virtual(_ keys: [String: JSONValue]) -> [String] {
    var parts = ["\(keys["count"]?.int ?? 0) tokens"]
    let encoder = keys["encoder"]?.string ?? (parameters["method"]?.string == "p-tuning" ? "mlp" : "none")
    parts.append(encoder == "none" ? "start: \(keys["start"]?.string ?? "text")" : encoder)
    return parts
  }
}
