import Foundation
import Models
import Tensors

extension Workbench {
  /// Refuses stages that cannot work on the rounded weights that the recipe's folder holds, before anything runs.
  ///
  /// - Throws: `RecipeError.usage` that names stage and key.
  func checkStoredWeights() throws {
    guard case .folder(let written, _)? = recipe.model else { return }
    let folder = URL(fileURLWithPath: recipe.resolve(written))
    guard FileManager.default.fileExists(atPath: folder.appendingPathComponent("config.json").path),
      let stored = try WeightFormat.stored(inFolder: folder)
    else { return }
    for stage in recipe.stages {
      if stage.kind == .pretrain {
        throw RecipeError.usage(
          "stage \(stage.name) trains all weights, but those of \(written) are kept as \(stored.rawValue): "
            + "start from the model they were rounded from")
      }
      if stage.settings.optionalText("method") == "full" {
        throw RecipeError.usage(
          "stage \(stage.name): method: full trains all weights, but those of \(written) are kept as "
            + "\(stored.rawValue): use method: lora, or start from the model they were rounded from")
      }
      if stage.kind.isTraining, let given = stage.weights, given != stored {
        throw RecipeError.usage(
          "stage \(stage.name): weights: \(given.rawValue), but \(written) holds \(stored.rawValue): leave weights out, "
            + "or start from the model they were rounded from")
      }
    }
  }
}
