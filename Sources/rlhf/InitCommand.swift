import ArgumentParser
import Foundation
import Models
import Recipes
import Store
import Tensors
import Terminal
import Tokenizers

/// `rlhf init`: a new small model with its tokenizer.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a new model with random weights and a tokenizer learnt from the store's text.",
    discussion: """
      The folder can be named in a recipe (model: {folder: ...}), or opened by any other tool that reads Hugging Face \
      folders.

      Presets:
      \(ModelConfiguration.presets.sorted { $0.value.parameterCount < $1.value.parameterCount }.map {
        "  \($0.key): \($0.value.layerCount) layers, width \($0.value.hiddenSize)"
      }.joined(separator: "\n"))

      Example:
        prep ingest docs && rlhf init my-model --preset demo-3m
        rlhf init my-model --preset tiny --text corpus.txt
        rlhf init big --config llama-7b --quantize nf4 --tokenizer my-model
      """)

  @Argument(help: "The folder to write; it must not exist.") var folder: String
  @Option(help: "The model's size; the vocabulary is the tokenizer's (default: demo-3m).") var preset: String?
  @Option(
    help: ArgumentHelp(
      "The model's shape: a preset, or a config.json; the vocabulary is at least the shape's.", valueName: "name|file"))
  var config: String?
  @Option(
    help: ArgumentHelp(
      "Write the weights rounded to nf4, int8 or bf16; the whole model is never in memory.", valueName: "format"))
  var quantize: WeightFormat?
  @Option(help: ArgumentHelp("Tokens of the new tokenizer (default: the preset's).", valueName: "n"))
  var vocabularySize: Int?
  @Option(help: ArgumentHelp("Learn the tokenizer from this text file instead of the store.", valueName: "file"))
  var text: String?
  @Option(help: ArgumentHelp("Take the tokenizer of this folder.", valueName: "folder")) var tokenizer: String?
  @Option(help: "The seed of the weights.") var seed: UInt64 = 0
  @OptionGroup var store: StoreOption

  func validate() throws {
    if preset != nil, config != nil { throw ValidationError("--preset and --config both name a shape: give one") }
    if quantize == .f32 {
      throw ValidationError("--quantize must be nf4, int8 or bf16; f32 is what you get without it")
    }
    if let vocabularySize, vocabularySize < 300 {
      throw ValidationError("--vocabulary-size must be at least 300, not \(vocabularySize)")
    }
  }

  func run() throws {
    guard !FileManager.default.fileExists(atPath: folder) else {
      throw RecipeError.usage("\(folder) exists already: name a new folder")
    }
    let shape = try config.map(NewModel.shape)
    let tokenizer = try makeTokenizer(shape)
    let configuration =
      try shape.map { try NewModel.configuration(shape: $0, tokenizer: tokenizer) }
      ?? NewModel.configuration(preset: presetName, tokenizer: tokenizer)
    let start = ContinuousClock.now
    try write(configuration, tokenizer, to: URL(fileURLWithPath: folder))
    let seconds = (ContinuousClock.now - start).seconds
    Console.error.line(
      "wrote \(folder): \(shortNumber(Double(configuration.parameterCount))) parameters"
        + (quantize.map { " as \($0.rawValue)" } ?? "")
        + ", \(tokenizer.vocabularySize) tokens, in \(shortDuration(seconds))")
  }

  /// Weights go first, so that a folder with a tokenizer is whole; what was written is removed when something fails.
  private func write(_ configuration: ModelConfiguration, _ tokenizer: Tokenizer, to url: URL) throws {
    do {
      if let quantize {
        let bar = ProgressBar("weights", total: configuration.weights.count, unit: "weights")
        defer { bar.finish() }
        let weights = RandomWeights(configuration: configuration, seed: seed)
        try RoundedFolder.write(weights, as: quantize, to: url, isPortable: true) { bar.set($0) }
      } else {
        try LanguageModel(configuration: configuration, seed: seed).save(to: url)
      }
      try tokenizer.save(to: url)
    } catch {
      try? FileManager.default.removeItem(at: url)
      throw error
    }
  }

  private var presetName: String { preset ?? "demo-3m" }

  private func makeTokenizer(_ shape: ModelConfiguration?) throws -> Tokenizer {
    if let tokenizer { return try Tokenizer(folder: URL(fileURLWithPath: tokenizer)) }
    let size =
      vocabularySize ?? shape?.vocabularySize ?? ModelConfiguration.presets[presetName]?.vocabularySize ?? 4096
    if let text {
      guard let content = try? String(contentsOfFile: text, encoding: .utf8) else {
        throw RecipeError.unreadable(path: text, reason: "cannot be read as UTF-8 text")
      }
      return NewModel.tokenizer(vocabularySize: size) { $0(content) }
    }
    let store = try Store(path: store.path(), access: .readOnly)
    guard try store.documentCount() > 0 else {
      throw RecipeError.usage(
        "\(store.path) holds no documents to learn a tokenizer from: run prep ingest first, or give --text FILE or --tokenizer FOLDER"
      )
    }
    return try NewModel.tokenizer(vocabularySize: size) { add in try store.forEachDocument { add($0.text) } }
  }
}
