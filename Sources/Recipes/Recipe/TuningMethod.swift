import Models

/// What a stage trains.
package enum TuningMethod: String, CaseIterable, Sendable {
  case full
  case lora
  /// Keys and values of every layer (Li & Liang 2021).
  case prefix
  /// The same, as Liu et al. (2021) call it.
  case pTuningV2 = "p-tuning-v2"
  /// Embeddings out of a small network (Liu et al. 2021).
  case pTuning = "p-tuning"
  /// Embeddings (Lester et al. 2021).
  case prompt
  /// Rows of the embedding.
  case tokens

  /// PEFT's kind of virtual tokens; nil for methods without.
  package var promptMethod: PromptConfiguration.Method? {
    switch self {
    case .full, .lora, .tokens: nil
    case .prefix, .pTuningV2: .prefix
    case .pTuning: .encodedPrompt
    case .prompt: .prompt
    }
  }
}

extension RecipeStage {
  package var method: TuningMethod { TuningMethod(rawValue: settings.optionalText("method") ?? "") ?? .lora }

  /// The virtual tokens that the stage trains; nil for a method without.
  package func promptConfiguration(_ task: AdapterConfiguration.Task) -> PromptConfiguration? {
    guard let method = method.promptMethod else { return nil }
    let keys = settings.map("virtual_tokens")
    let encoder: PromptConfiguration.Encoder =
      switch keys.optionalText("encoder") ?? (method == .encodedPrompt ? "mlp" : "none") {
      case "projection": .projection
      case "mlp": .mlp
      case "lstm": .lstm
      default: .none
      }
    return PromptConfiguration(
      method, count: keys.integer("count"), encoder: encoder, encoderWidth: keys.optionalInteger("encoder_width"),
      encoderLayers: keys.integer("encoder_layers"), task: task)
  }
}
