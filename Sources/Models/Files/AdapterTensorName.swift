/// How PEFT names the tensors of adapter_model.safetensors.
public enum AdapterTensorName {
  static let prefix = "base_model.model."

  /// A, [rank, inputs], of the delta of a linear layer.
  public static func down(_ module: String) -> String { prefix + module + ".lora_A.weight" }
  /// B, [outputs, rank], of the delta of a linear layer.
  public static func up(_ module: String) -> String { prefix + module + ".lora_B.weight" }
  /// The magnitudes, [outputs], that DoRA learns for a linear layer.
  public static func magnitude(_ module: String) -> String { prefix + module + ".lora_magnitude_vector" }
  /// The head of a reward or value model, [1, hidden size].
  public static let score = prefix + "score.weight"
  /// The same over virtual tokens, which PEFT wraps a model in once less for.
  static let promptScore = "base_model.score.weight"
  /// Virtual tokens, [n, width].
  static let prompt = "prompt_embeddings"
  /// Trained rows of the embedding, [k, C], beside deltas.
  static let tokens = prefix + "model.embed_tokens.token_adapter.trainable_tokens_delta"

  /// The name that a tensor has in an adapter of token rows alone.
  static func alternative(_ name: String) -> String {
    name == tokens ? prefix + "model.embed_tokens.trainable_tokens_delta" : name
  }
}
