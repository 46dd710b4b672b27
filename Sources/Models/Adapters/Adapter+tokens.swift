import Tensors

extension Adapter {
  /// Trained rows of the embedding, which stand in the place of the model's own (PEFT's `trainable_token_indices`).
  static func tokenRows(
    _ configuration: AdapterConfiguration, model: LanguageModel,
    weight: (_ name: String, _ shape: [Int]) throws -> Parameter
  ) throws -> ReplacedRows? {
    let tokens = configuration.trainedTokens
    guard !tokens.isEmpty else { return nil }
    let size = model.configuration.vocabularySize
    if let token = tokens.first(where: { !(0..<size).contains($0) }) {
      throw ModelError.noToken(token, vocabularySize: size)
    }
    return ReplacedRows(
      tokens: tokens, rows: try weight(AdapterTensorName.tokens, [tokens.count, model.configuration.hiddenSize]))
  }
}
