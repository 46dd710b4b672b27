import Foundation
import Models
import Store
import Tokenizers

import enum Store.JSONValue

/// The first weights: those of a folder, or new random ones with a tokenizer learnt from the documents.
package struct ModelStage: StageRunner {
  let stage: RecipeStage
  let bench: Workbench

  package init(stage: RecipeStage, bench: Workbench) {
    self.stage = stage
    self.bench = bench
  }

  private var source: URL? {
    stage.settings.optionalText("folder").map { URL(fileURLWithPath: bench.recipe.resolve($0)) }
  }

  private var tokenizerFolder: URL? {
    stage.settings.map("tokenizer").optionalText("folder").map { URL(fileURLWithPath: bench.recipe.resolve($0)) }
  }

  package func inputs() throws -> [StageInput] {
    if let source { return [StageInput("files of \(source.lastPathComponent)", try Self.signature(of: source))] }
    if let tokenizerFolder { return [StageInput("tokenizer", try Self.signature(of: tokenizerFolder))] }
    return [StageInput("documents", try CorpusText(bench.store).hash(.train))]
  }

  package func invalidity(of record: StageRecord) throws -> String? { try bench.lostModel(record) }

  package func run(_ job: StageJob) throws -> StageOutcome {
    if let source { return try adopt(source) }
    let tokenizer = try tokenizerFolder.map { try Tokenizer(folder: $0) } ?? learnTokenizer()
    let configuration = try NewModel.configuration(stage.settings, tokenizer: tokenizer)
    let model = LanguageModel(configuration: configuration, seed: stage.seed(in: bench.recipe))
    let record = try bench.models.save(name: "\(bench.recipe.name)/model", kind: .base, parent: nil) { folder in
      try model.save(to: folder)
      try tokenizer.save(to: folder)
    }
    return StageOutcome(
      "new, \(NewModel.size(configuration.parameterCount)) parameters, \(tokenizer.vocabularySize) tokens",
      model: record.id)
  }

  /// A folder is used where it lies, unless its vocabulary grows.
  private func adopt(_ source: URL) throws -> StageOutcome {
    let weights = try FolderWeights(source)
    try weights.check()
    let tokenizer = try Tokenizer(folder: source)
    let newTokens = stage.settings.texts("add_tokens")
    if !newTokens.isEmpty { return try grow(weights, tokenizer, by: newTokens) }
    let record = ModelRecord(
      name: "\(bench.recipe.name)/model", kind: .base, path: source.path,
      hash: try ModelLibrary.hash(ofWeightsIn: source))
    let added = try bench.store.addModel(record)
    return StageOutcome(
      "\(source.lastPathComponent), \(NewModel.size(weights.configuration.parameterCount)) parameters"
        + (weights.format.map { ", \($0.rawValue)" } ?? ""), model: added.id)
  }

  private func grow(_ weights: FolderWeights, _ tokenizer: Tokenizer, by tokens: [String]) throws -> StageOutcome {
    if let format = weights.format {
      throw RecipeError.stage(
        stage.name, problem: "add_tokens cannot grow weights that are kept as \(format.rawValue): name the f32 folder")
    }
    let tokenizer = try tokenizer.adding(tokens)
    let size = max(weights.configuration.vocabularySize, tokenizer.vocabularySize)
    let grown = try LanguageModel(rounding: GrownWeights(weights, vocabularySize: size), to: .f32)
    let record = try bench.models.save(name: "\(bench.recipe.name)/model", kind: .base, parent: nil) { folder in
      try grown.save(to: folder)
      try tokenizer.save(to: folder)
    }
    return StageOutcome("\(tokens.count) new tokens, \(size) rows", model: record.id)
  }

  private func learnTokenizer() throws -> Tokenizer {
    guard try bench.store.documentCount() > 0 else {
      throw RecipeError.stage(
        stage.name, problem: "the store has no documents to learn a tokenizer from: put an ingest stage first")
    }
    let size = stage.settings.map("tokenizer").integer("vocabulary_size")
    return try NewModel.tokenizer(vocabularySize: size) { add in
      try CorpusText(bench.store).forEachText(.train) { add($1) }
    }
  }

  /// Names, sizes and times of a folder's files: enough to see that something changed, without reading it all.
  private static func signature(of folder: URL) throws -> String {
    let manager = FileManager.default
    guard let names = try? manager.contentsOfDirectory(atPath: folder.path) else {
      throw RecipeError.stage("model", problem: "\(folder.path): there is no such folder, or it cannot be read")
    }
    let lines = try names.sorted().map { name in
      let attributes = try manager.attributesOfItem(atPath: folder.appendingPathComponent(name).path)
      let modified = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      return "\(name) \(attributes[.size] ?? 0) \(modified)"
    }
    return ContentHash.of(lines.joined(separator: "\n"))
  }
}

extension Workbench {
  /// Says so when the files of a stage's model are gone.
  package func lostModel(_ record: StageRecord) throws -> String? {
    guard let id = record.model, let model = try store.model(id: id) else { return "its model is gone" }
    return models.isOnDisk(model) ? nil : "the weights in \(model.path) are gone"
  }
}
