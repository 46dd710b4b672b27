import Foundation
import Tensors

extension LanguageModel {
  /// Trains the weights whose names match none of the patterns; the others take no gradient and no optimiser memory,
  /// and stay mapped where they were.
  ///
  /// - Parameter patterns: shell patterns over Hugging Face names, such as `model.embed_tokens.*` or `*.mlp.*`.
  /// - Throws: `ModelError.noSuchWeights` for a pattern that matches nothing, `ModelError.nothingLeft` when they match
  ///   everything.
  public func train(freezing patterns: [String]) throws {
    let frozen = try FrozenWeights(patterns, among: parameters.map(\.name))
    for parameter in parameters {
      parameter.isTrainable = !frozen.contains(parameter.name)
      if parameter.isTrainable { parameter.makeWritable() } else { parameter.dropGradient() }
    }
  }
}

/// The weights that patterns over their names leave out of training.
public struct FrozenWeights: Sendable {
  private let names: Set<String>

  /// - Throws: as `LanguageModel.train(freezing:)`.
  public init(_ patterns: [String], among all: [String]) throws {
    var frozen: Set<String> = []
    for pattern in patterns {
      let matching = all.filter { fnmatch(pattern, $0, 0) == 0 }
      guard !matching.isEmpty else { throw ModelError.noSuchWeights(pattern, examples: Self.examples(all)) }
      frozen.formUnion(matching)
    }
    guard frozen.count < all.count else { throw ModelError.nothingLeft(patterns) }
    names = frozen
  }

  public func contains(_ name: String) -> Bool { names.contains(name) }

  /// Names of the first block and of what surrounds the blocks.
  private static func examples(_ all: [String]) -> [String] {
    let outside = all.filter { !$0.hasPrefix("model.layers.") }
    return Array(all.filter { $0.hasPrefix("model.layers.0.") }.prefix(3)) + outside
  }
}
