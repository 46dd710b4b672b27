import Store

/// Something that a stage reads, with the hash of its content.
package struct StageInput: Sendable, Hashable {
  /// What it is called when it changed: `pairs`, `model of sft`.
  package var name: String
  package var hash: String

  package init(_ name: String, _ hash: String) {
    self.name = name
    self.hash = hash
  }
}

/// What a finished stage left behind; kept in the store as the outputs of its `StageResult`.
package struct StageOutcome: Sendable {
  /// One line for the person at the terminal.
  package var summary: String
  /// The id of the model that was made.
  package var model: String?
  /// The ids of the comparisons that were made or judged.
  package var comparisons: [String] = []
  /// What else later stages and reports read.
  package var values: JSONValue = [:]

  package init(_ summary: String, model: String? = nil, comparisons: [String] = [], values: JSONValue = [:]) {
    self.summary = summary
    self.model = model
    self.comparisons = comparisons
    self.values = values
  }
}

/// The stored form of a stage's outcome, with what it depended on.
package struct StageRecord: Sendable {
  package var result: StageResult

  package init(_ result: StageResult) { self.result = result }

  package init(
    stage: RecipeStage, recipe: Recipe, fingerprint: String, inputs: [StageInput], outcome: StageOutcome, run: String?,
    seconds: Double
  ) {
    var values: [String: JSONValue] = [
      "recipe": .string(recipe.name), "stage": .string(stage.name), "parameters": stage.parameters,
      "seed": .string(String(stage.seed(in: recipe))), "version": .int(stage.kind.version),
      "inputs": .object(
        Dictionary(inputs.map { ($0.name, .string($0.hash)) }, uniquingKeysWith: { first, _ in first })),
      "summary": .string(outcome.summary), "seconds": .double(seconds), "values": outcome.values,
    ]
    if let model = outcome.model { values["model"] = .string(model) }
    if !outcome.comparisons.isEmpty { values["comparisons"] = .array(outcome.comparisons.map(JSONValue.string)) }
    result = StageResult(
      stage: Self.key(stage.kind), fingerprint: fingerprint, outputs: .object(values), run: run)
  }

  /// The name under which results of a kind are kept; modules keep their own under the plain name.
  package static func key(_ kind: StageKind) -> String { "recipe/" + kind.rawValue }

  private func value(_ name: String) -> JSONValue? { result.outputs.object?[name] }

  package var recipe: String { value("recipe")?.string ?? "" }
  package var stage: String { value("stage")?.string ?? "" }
  package var parameters: JSONValue { value("parameters") ?? [:] }
  package var seed: String { value("seed")?.string ?? "" }
  package var inputs: [String: String] { (value("inputs")?.object ?? [:]).compactMapValues(\.string) }
  package var summary: String { value("summary")?.string ?? "" }
  package var seconds: Double { value("seconds")?.double ?? 0 }
  package var model: String? { value("model")?.string }
  package var comparisons: [String] { (value("comparisons")?.array ?? []).compactMap(\.string) }
  package var values: JSONValue { value("values") ?? [:] }
}
