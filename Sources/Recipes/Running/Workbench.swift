import Foundation
import Store
import Terminal

/// Everything that the stages of one recipe share: the store, the weights' folder and what is done so far.
package final class Workbench {
  package let recipe: Recipe
  package let store: Store
  package let models: ModelLibrary
  package let log: RunLog
  /// The records of stages that are up to date, by the stage's name.
  package var done: [String: StageRecord] = [:]
  package let stages: [RecipeStage]

  package init(recipe: Recipe, store: Store, log: RunLog) {
    self.recipe = recipe
    self.store = store
    self.log = log
    self.stages = recipe.stagesWithModel
    let folder = recipe.modelsFolder.map(recipe.resolve) ?? store.path + ".files"
    self.models = ModelLibrary(store: store, folder: URL(fileURLWithPath: folder))
  }

  package var isCancelled: Bool { Interruption.isRequested }

  /// - Throws: `RecipeError.interrupted` after Ctrl-C.
  package func checkInterruption(_ stage: RecipeStage) throws {
    if isCancelled { throw RecipeError.interrupted(stage: stage.name) }
  }

  /// The record of an earlier stage.
  /// - Throws: `RecipeError.stage` when it has not run, which the order of stages rules out.
  package func record(of name: String, for stage: RecipeStage) throws -> StageRecord {
    guard let record = done[name] else {
      throw RecipeError.stage(stage.name, problem: "the stage \(name) has to run first")
    }
    return record
  }

  /// The model that an earlier stage made.
  package func model(of name: String, for stage: RecipeStage) throws -> ModelRecord {
    guard let id = try record(of: name, for: stage).model, let model = try store.model(id: id) else {
      throw RecipeError.stage(stage.name, problem: "the stage \(name) left no model")
    }
    return model
  }
}

extension Recipe {
  /// The stages with the making of the first weights put where they are first needed.
  package var stagesWithModel: [RecipeStage] {
    guard let model else { return stages }
    let settings: Settings =
      switch model {
      case .folder(let folder, let tokens):
        Settings(
          place: "model",
          values: tokens.isEmpty
            ? ["folder": .string(folder)]
            : ["folder": .string(folder), "add_tokens": .array(tokens.map { .string($0) })])
      case .new(let settings): settings
      }
    let stage = RecipeStage(kind: .model, name: "model", settings: settings, line: settings.line)
    let place = stages.firstIndex { !$0.kind.isDataStage } ?? stages.count
    return Array(stages[..<place]) + [stage] + Array(stages[place...])
  }

  /// The last stage before `stage` of one of these kinds; `key` of the stage goes first.
  package func source(of stage: RecipeStage, key: String, kinds: Set<StageKind>) -> RecipeStage? {
    let stages = stagesWithModel
    if let name = stage.settings.optionalText(key) { return stages.first { $0.name == name } }
    let end = stages.firstIndex { $0.name == stage.name } ?? stages.count
    return stages[..<end].last { kinds.contains($0.kind) }
  }

  /// The stage whose model this stage trains or asks.
  package func startingPoint(of stage: RecipeStage) -> RecipeStage? {
    switch stage.kind {
    case .pretrain: source(of: stage, key: "from", kinds: [.model, .pretrain])
    case .sample: source(of: stage, key: "from", kinds: [.model, .pretrain, .sft, .dpo, .ppo])
    default: source(of: stage, key: "from", kinds: [.model, .pretrain, .sft])
    }
  }

  package func labelStage(of stage: RecipeStage) -> RecipeStage? { source(of: stage, key: "label", kinds: [.label]) }
  package func sampleStage(of stage: RecipeStage) -> RecipeStage? { source(of: stage, key: "from", kinds: [.sample]) }
  package func rewardStage(of stage: RecipeStage) -> RecipeStage? { source(of: stage, key: "reward", kinds: [.reward]) }

  /// The stages whose models an eval stage compares; the first is the reference.
  package func evaluated(by stage: RecipeStage) -> [RecipeStage] {
    let stages = stagesWithModel
    let named = stage.settings.texts("models")
    if !named.isEmpty { return named.compactMap { name in stages.first { $0.name == name } } }
    let end = stages.firstIndex { $0.name == stage.name } ?? stages.count
    let found = stages[..<end].filter { [.sft, .dpo, .ppo].contains($0.kind) }
    return found.isEmpty ? stages[..<end].filter { [.model, .pretrain].contains($0.kind) }.suffix(1) : found
  }

  /// The stages that must be up to date before this one can be.
  package func needs(of stage: RecipeStage) -> [RecipeStage] {
    let stages = stagesWithModel
    let end = stages.firstIndex { $0.name == stage.name } ?? stages.count
    let before = stages[..<end]
    func all(_ kinds: StageKind...) -> [RecipeStage] { before.filter { kinds.contains($0.kind) } }
    func one(_ found: RecipeStage?) -> [RecipeStage] { found.map { [$0] } ?? [] }
    switch stage.kind {
    case .ingest: return []
    case .pairs: return all(.ingest)
    case .model: return all(.ingest, .pairs)
    case .pretrain: return all(.ingest, .pairs) + one(startingPoint(of: stage))
    case .sft, .sample: return all(.pairs) + one(startingPoint(of: stage))
    case .label: return one(sampleStage(of: stage))
    case .reward, .dpo: return one(labelStage(of: stage)) + one(startingPoint(of: stage))
    case .ppo: return all(.pairs) + one(startingPoint(of: stage)) + one(rewardStage(of: stage))
    case .eval: return evaluated(by: stage) + all(.label).suffix(1) + all(.reward).suffix(1)
    }
  }
}
