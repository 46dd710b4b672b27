import Foundation
import Models
import Terminal
import Tokenizers

/// New models and tokenizers, for the model stage and `rlhf init`.
public enum NewModel {
  static let specialTokens: [String] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

  /// A byte-level BPE with ChatML's special tokens.
  /// - Parameter texts: calls its argument with one text after another.
  public static func tokenizer(
    vocabularySize: Int, texts: (_ add: (String) -> Void) throws -> Void
  ) rethrows -> Tokenizer {
    var trainer = BytePairTrainer(vocabularySize: vocabularySize, specialTokens: specialTokens)
    try texts { trainer.add($0) }
    return trainer.train()
  }

  /// A preset's shape with the keys that the recipe gives.
  /// - Throws: `RecipeError.usage` for a shape that cannot be.
  package static func configuration(_ settings: Settings, tokenizer: Tokenizer) throws -> ModelConfiguration {
    var shape = try shape(settings, vocabularySize: tokenizer.vocabularySize)
    setTokens(&shape, tokenizer: tokenizer)
    return shape
  }

  /// The same without the special tokens.
  package static func shape(_ settings: Settings, vocabularySize: Int) throws -> ModelConfiguration {
    guard var shape = ModelConfiguration.presets[settings.text("preset")] else {
      throw RecipeError.usage("there is no preset \(settings.text("preset"))")
    }
    if let value = settings.optionalInteger("hidden_size") { shape.hiddenSize = value }
    if let value = settings.optionalInteger("intermediate_size") { shape.intermediateSize = value }
    if let value = settings.optionalInteger("layers") { shape.layerCount = value }
    if let value = settings.optionalInteger("heads") { shape.headCount = value }
    if let value = settings.optionalInteger("key_value_heads") { shape.keyValueHeadCount = value }
    if let value = settings.optionalInteger("context") { shape.maximumPositions = value }
    if let value = settings.values["tied_embeddings"]?.bool { shape.tiesEmbeddings = value }
    shape.ropeTheta = settings.number("rope_theta")
    shape.vocabularySize = vocabularySize
    try fit(&shape)
    return shape
  }

  /// A preset's shape for a tokenizer.
  /// - Throws: `RecipeError.usage` for an unknown preset.
  public static func configuration(preset: String, tokenizer: Tokenizer) throws -> ModelConfiguration {
    guard var shape = ModelConfiguration.presets[preset] else {
      let names = ModelConfiguration.presets.keys.sorted()
      let hint = nearestName(to: preset, among: names).map { "did you mean \($0)?" }
      throw RecipeError.usage("there is no preset \(preset): " + (hint ?? "there are " + names.joined(separator: ", ")))
    }
    shape.vocabularySize = tokenizer.vocabularySize
    try fit(&shape)
    setTokens(&shape, tokenizer: tokenizer)
    return shape
  }

  /// The shape that a preset or a config.json names, for a tokenizer. The vocabulary stays as large as the shape has it,
  /// so that the model is of that size; rows beyond the tokenizer's are not used.
  /// - Throws: `RecipeError.usage` for a name that is neither, `ModelError` for a file that cannot be used.
  public static func shape(_ name: String) throws -> ModelConfiguration {
    if let preset = ModelConfiguration.presets[name] { return preset }
    let url = URL(fileURLWithPath: name)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else {
      let names = ModelConfiguration.presetNames
      let hint = nearestName(to: name, among: names).map { "did you mean \($0)?" }
      throw RecipeError.usage(
        "there is no preset and no file \(name): " + (hint ?? "the presets are " + names.joined(separator: ", ")))
    }
    return try isFolder.boolValue ? ModelConfiguration(folder: url) : ModelConfiguration(file: url)
  }

  /// A shape with a tokenizer's special tokens, and with at least its vocabulary.
  /// - Throws: `RecipeError.usage` for a shape that cannot be.
  public static func configuration(shape: ModelConfiguration, tokenizer: Tokenizer) throws -> ModelConfiguration {
    var shape = shape
    shape.vocabularySize = max(shape.vocabularySize, tokenizer.vocabularySize)
    setTokens(&shape, tokenizer: tokenizer)
    return shape
  }

  private static func fit(_ shape: inout ModelConfiguration) throws {
    guard shape.hiddenSize % shape.headCount == 0, (shape.hiddenSize / shape.headCount) % 2 == 0 else {
      throw RecipeError.usage(
        "model: hidden_size \(shape.hiddenSize) divided by \(shape.headCount) heads must be a whole, even number")
    }
    guard shape.headCount % shape.keyValueHeadCount == 0 else {
      throw RecipeError.usage(
        "model: \(shape.headCount) heads cannot share \(shape.keyValueHeadCount) key_value_heads evenly")
    }
    shape.headSize = shape.hiddenSize / shape.headCount
  }

  private static func setTokens(_ shape: inout ModelConfiguration, tokenizer: Tokenizer) {
    shape.beginningOfSequence = tokenizer.beginningOfSequence
    shape.endOfSequence = tokenizer.stopTokens.sorted()
    shape.padding = tokenizer.padding
  }

  /// `2.6M`.
  package static func size(_ parameters: Int) -> String { shortNumber(Double(parameters)) }
}
