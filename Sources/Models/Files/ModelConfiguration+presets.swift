extension ModelConfiguration {
  /// Shapes for new models, by name.
  ///
  /// `tiny` is for tests; `demo-3m` has 3.1 million weights over a vocabulary of 4,096, `10m` 11.5 million over 8,192;
  /// the others are the shapes of SmolLM2-135M, TinyLlama-1.1B and Llama 2 7B.
  public static let presets: [String: ModelConfiguration] = [
    "tiny": ModelConfiguration(
      hiddenSize: 32, layerCount: 2, headCount: 4, keyValueHeadCount: 2, intermediateSize: 64, vocabularySize: 512,
      maximumPositions: 256),
    "demo-3m": ModelConfiguration(
      hiddenSize: 192, layerCount: 6, headCount: 6, keyValueHeadCount: 2, intermediateSize: 512, vocabularySize: 4096,
      maximumPositions: 1024),
    "10m": ModelConfiguration(
      hiddenSize: 320, layerCount: 8, headCount: 10, keyValueHeadCount: 2, intermediateSize: 896,
      vocabularySize: 8192),
    "smol-135m": ModelConfiguration(
      hiddenSize: 576, layerCount: 30, headCount: 9, keyValueHeadCount: 3, intermediateSize: 1536,
      vocabularySize: 49_152, ropeTheta: 100_000, maximumPositions: 8192),
    "llama-1.1b": ModelConfiguration(
      hiddenSize: 2048, layerCount: 22, headCount: 32, keyValueHeadCount: 4, intermediateSize: 5632,
      vocabularySize: 32_000, tiesEmbeddings: false),
    "llama-7b": ModelConfiguration(
      hiddenSize: 4096, layerCount: 32, headCount: 32, intermediateSize: 11_008, vocabularySize: 32_000,
      maximumPositions: 4096, tiesEmbeddings: false),
  ]

  /// The presets' names, from the smallest model to the largest.
  public static let presetNames = presets.sorted { $0.value.parameterCount < $1.value.parameterCount }.map(\.key)

  /// A shape for a new model.
  ///
  /// - Parameter vocabularySize: the embedding's rows; nil for the preset's own.
  /// - Throws: `ModelError.unknownPreset` with the names that there are.
  public static func preset(_ name: String, vocabularySize: Int? = nil) throws -> ModelConfiguration {
    guard var configuration = presets[name] else { throw ModelError.unknownPreset(name, known: presetNames) }
    if let vocabularySize { configuration.vocabularySize = vocabularySize }
    return configuration
  }
}
