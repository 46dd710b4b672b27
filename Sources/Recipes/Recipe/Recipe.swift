import Foundation
import Store
import Tensors

/// A checked recipe: what to make from what, in order.
public struct Recipe: Sendable {
  public var file: String
  /// The folder that paths in the recipe are relative to.
  public var folder: URL
  public var name: String
  public var seed: UInt64
  public var threads: Int
  public var store: String?
  public var modelsFolder: String?
  public var model: ModelSource?
  public var stages: [RecipeStage]
  /// The recipe's text, kept with each run.
  public var text: String

  /// A path as written in the recipe, made absolute.
  public func resolve(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    if path.hasPrefix("~/") {
      return FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(String(path.dropFirst(2))).path
    }
    return folder.appendingPathComponent(path).standardizedFileURL.path
  }

  public func stage(named name: String) -> RecipeStage? { stages.first { $0.name == name } }
}

/// Where the first weights come from.
public enum ModelSource: Sendable {
  /// A Hugging Face folder, as written in the recipe, and tokens that are added to it.
  case folder(String, addedTokens: [String])
  case new(Settings)
}

/// One stage with its checked settings.
public struct RecipeStage: Sendable {
  public var kind: StageKind
  public var name: String
  public var settings: Settings
  public var line: Int?

  /// The settings that count for the fingerprint: those that change results, not speed or names.
  package var parameters: JSONValue {
    var values = settings.values
    for key in ["name", "seed", "from", "reward", "models", "checkpoint_every", "recompute", "batch_prompts"]
    where kind != .eval || key != "models" {
      if key == "reward", kind != .ppo { continue }
      values[key] = nil
    }
    // Choices that came later: what was done before there was one.
    for (key, first) in [("matmul_precision", MatmulPrecision.highest.rawValue), ("value_model", "adapter")]
    where values[key]?.string == first { values[key] = nil }
    return .object(values)
  }

  package func seed(in recipe: Recipe) -> UInt64 {
    settings.optionalInteger("seed").map(UInt64.init) ?? recipe.seed
  }
}
