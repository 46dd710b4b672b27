import Foundation
import Models
import Tensors

/// A small model that has each token followed by the next of its cycle of seven, mostly: text that repeats, with
/// attention and feed-forward layers that are random and do their part.
enum CyclicModel {
  static let period = 7

  static func make(_ format: WeightFormat = .f32) throws -> LanguageModel {
    let configuration = ModelConfiguration(
      hiddenSize: 64, layerCount: 2, headCount: 4, keyValueHeadCount: 2, intermediateSize: 128, vocabularySize: 56,
      maximumPositions: 160, tiesEmbeddings: false)
    let model = LanguageModel(configuration: configuration, seed: 7)
    guard let embedding = model.parameters.first(where: { $0.name == "model.embed_tokens.weight" })?.value,
      let head = model.parameters.first(where: { $0.name == "lm_head.weight" })?.value
    else { preconditionFailure("an untied model has both") }
    for token in 0..<configuration.vocabularySize {
      let row = embedding.row(token)
      let length = (0..<64).reduce(Float(0)) { $0 + row[$1] * row[$1] }.squareRoot()
      for column in 0..<64 {
        head.row(next(token))[column] = 0.75 * row[column] / length
        row[column] *= 5
      }
    }
    if format == .f32 { return model }
    return try Files.inTemporaryFolder { folder in
      try model.save(to: folder)
      return try LanguageModel(folder: folder, format: format)
    }
  }

  private static func next(_ token: Int) -> Int { token % period == period - 1 ? token - period + 1 : token + 1 }

  /// The cycle that a token stands in, from there on.
  static func text(from token: Int, count: Int) -> [Int32] {
    var tokens = [token]
    while tokens.count < count { tokens.append(next(tokens[tokens.count - 1])) }
    return tokens.map { Int32($0) }
  }
}
