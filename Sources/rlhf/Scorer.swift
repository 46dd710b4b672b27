import Models
import Recipes
import Tensors

/// Log-probabilities of whole sequences.
struct Scorer {
  let role: Role
  let withLogits: Bool
  private let workspace = Workspace()

  init(role: Role, withLogits: Bool) {
    self.role = role
    self.withLogits = withLogits
  }

  /// One line of JSON.
  /// - Throws: `RecipeError.usage` for a sequence that is empty, too long or not of this vocabulary.
  func json(_ sequence: ScoredSequence, number: Int) throws -> String {
    let tokens = sequence.tokens
    let configuration = role.model.configuration
    guard !tokens.isEmpty else { throw RecipeError.usage("line \(number): no tokens") }
    guard tokens.count <= configuration.maximumPositions else {
      throw RecipeError.usage(
        "line \(number): \(tokens.count) tokens, but the model reads at most \(configuration.maximumPositions)")
    }
    if let bad = tokens.first(where: { $0 < 0 || Int($0) >= configuration.vocabularySize }) {
      throw RecipeError.usage(
        "line \(number): token \(bad) is not in the vocabulary of \(configuration.vocabularySize)")
    }
    var batch = PackedBatch()
    batch.append(tokens)
    let tape = Tape(recording: false, workspace: workspace)
    defer { tape.finish() }
    let states = role.hiddenStates(batch, tape: tape)
    let targets = (0..<tokens.count - 1).map { Target(row: $0, token: tokens[$0 + 1]) }
    let values = targets.isEmpty ? [] : states.logProbabilities(targets).values
    var parts = ["\"tokens\":[\(list(tokens))]", "\"log_probabilities\":[\(list(values))]"]
    if let prompt = sequence.promptTokens { parts.append("\"prompt_tokens\":\(prompt)") }
    if withLogits {
      let rows = states.logits(rows: Array(tokens.indices)).map { "[\(list($0))]" }
      parts.append("\"logits\":[\(rows.joined(separator: ","))]")
    }
    return "{\(parts.joined(separator: ","))}"
  }

  private func list(_ values: [some CustomStringConvertible]) -> String {
    values.map(\.description).joined(separator: ",")
  }
}
