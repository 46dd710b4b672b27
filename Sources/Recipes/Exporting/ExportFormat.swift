import Models

/// What a model is exported as.
public enum ExportFormat: String, Sendable, Hashable, CaseIterable {
  /// A Hugging Face folder, an adapter merged into the weights.
  case hf
  /// The adapter alone, as a PEFT folder.
  case peft
  /// One file for llama.cpp, an adapter merged into the weights.
  case gguf
}

extension ExportFormat {
  /// The types of weights that a format is written in; the first is the default.
  public var types: [GGUFPrecision] {
    switch self {
    case .hf: [.f32, .bf16, .f16]
    case .peft: [.f32]
    case .gguf: [.f16, .f32, .bf16, .q80, .q40, .q4K]
    }
  }
}
