import ArgumentParser
import Foundation
import Models
import Recipes
import Store
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
      """)

  @Argument(help: "The folder to write; it must not exist.") var folder: String
  @Option(help: "The model's size.") var preset = "demo-3m"
  @Option(help: ArgumentHelp("Tokens of the new tokenizer (default: the preset's).", valueName: "n"))
  var vocabularySize: Int?
  @Option(help: ArgumentHelp("Learn the tokenizer from this text file instead of the store.", valueName: "file"))
  var text: String?
  @Option(help: ArgumentHelp("Take the tokenizer of this folder.", valueName: "folder")) var tokenizer: String?
  @Option(help: "The seed of the weights.") var seed: UInt64 = 0
  @OptionGroup var store: StoreOption

  func validate() throws {
    if let vocabularySize, vocabularySize < 300 {
      throw ValidationError("--vocabulary-size must be at least 300, not \(vocabularySize)")
    }
  }

  func run() throws {
    guard !FileManager.default.fileExists(atPath: folder) else {
      throw RecipeError.usage("\(folder) exists already: name a new folder")
    }
    let tokenizer = try makeTokenizer()
    let configuration = try NewModel.configuration(preset: preset, tokenizer: tokenizer)
    let model = LanguageModel(configuration: configuration, seed: seed)
    let url = URL(fileURLWithPath: folder)
    try model.save(to: url)
    try tokenizer.save(to: url)
    Console.error.line(
      "wrote \(folder): \(shortNumber(Double(configuration.parameterCount))) parameters, "
        + "\(tokenizer.vocabularySize) tokens")
  }

  private func makeTokenizer() throws -> Tokenizer {
    if let tokenizer { return try Tokenizer(folder: URL(fileURLWithPath: tokenizer)) }
    let size = vocabularySize ?? ModelConfiguration.presets[preset]?.vocabularySize ?? 4096
    if let text {
      guard let content = try? String(contentsOfFile: text, encoding: .utf8) else {
        throw RecipeError.unreadable(path: text, reason: "cannot be read as UTF-8 text")
      }
      return NewModel.tokenizer(vocabularySize: size) { $0(content) }
    }
    let store = try Store(path: store.path(), access: .readOnly)
    guard try store.documentCount() > 0 else {
      throw RecipeError.usage(
        "\(store.path) holds no documents to learn a tokenizer from: run prep ingest first, or give --text FILE")
    }
    return try NewModel.tokenizer(vocabularySize: size) { add in try store.forEachDocument { add($0.text) } }
  }
}
