extension RecipeKeys {
  /// How weights are fine-tuned.
  static func method(full: Bool) -> Key {
    let names = TuningMethod.allCases.filter { full || $0 != .full }.map(\.rawValue)
    return Key(
      "method", .choice(names), default: "lora",
      (full ? "what is trained: all weights, " : "what is trained: ")
        + "a low-rank update (lora), virtual tokens (prefix and p-tuning-v2: in every layer; prompt and p-tuning: before "
        + "the first), or rows of the embedding (tokens)")
  }

  static let virtualTokens: [Key] = [
    Key("count", .integer(1...4096), default: 20, "virtual tokens; each takes one position from every text"),
    Key(
      "encoder", .choice(["none", "projection", "mlp", "lstm"]),
      "what they are computed from in training: none (default), projection (for prefix and p-tuning-v2), mlp (default) "
        + "or lstm (for p-tuning)"),
    Key("encoder_width", .integer(1...65536), "width of the encoder's hidden layers (default: that of what it makes)"),
    Key("encoder_layers", .integer(1...16), default: 2, "layers of encoder: lstm"),
    Key(
      "start", .choice(["text", "random", "zero"]), default: "text",
      "without an encoder: a real prefix, which the model computes for a text; random; or zeros"),
    Key("text", .text, default: .string(defaultPrefixText), "the text of start: text, repeated or cut to count tokens"),
  ]

  static let defaultPrefixText = "You are a helpful assistant. 你是一个乐于助人的助手。"

  /// Keys of every stage that trains beside a frozen base.
  static let tuning: [Key] = [
    Key("virtual_tokens", .map(virtualTokens), default: [:], "for the methods with virtual tokens"),
    Key(
      "trained_tokens", .list(.text),
      "tokens whose rows of the embedding are trained, beside method: lora or alone with method: tokens; the model's key "
        + "add_tokens makes new ones"),
  ]
}
