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
}
