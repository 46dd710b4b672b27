import Foundation
import Models
import Store
import Tokenizers

extension TrainingStage {
  /// The role that the stage trains: an adapter of the stage's method over a frozen base.
  ///
  /// Virtual tokens that the base was trained with before stay in their place under a low-rank update, and are trained
  /// on by a stage of the same method.
  /// - Throws: `RecipeError.stage` when the stage's method does not fit what the model was trained with.
  func newRole(
    _ base: LanguageModel, start: ModelRecord, tokenizer: Tokenizer, scoreHead: Bool = false
  ) throws -> Role {
    let prompt = try bench.models.prompt(of: start, model: base)
    let task: AdapterConfiguration.Task = scoreHead ? .sequenceClassification : .causalLanguageModel
    guard let configuration = stage.promptConfiguration(task) else {
      let tokens = try trainedTokens(tokenizer)
      let adapter =
        stage.method == .tokens
        ? try Adapter(
          AdapterConfiguration(targets: .modules([]), trainedTokens: tokens, task: task), model: base, seed: seed,
          scoreHead: scoreHead)
        : try stage.newAdapter(base, seed: seed, trainedTokens: tokens, task: task)
      return Role(base, adapter, prompt: prompt)
    }
    let positions = base.configuration.maximumPositions
    guard configuration.count + 1 < positions else {
      throw RecipeError.stage(
        stage.name,
        problem:
          "virtual_tokens: count \(configuration.count) leaves no room for text in the model's \(positions) positions"
      )
    }
    guard prompt != nil else {
      return Role(
        base,
        Adapter(
          configuration, model: base, seed: seed, start: try promptStart(tokenizer), scoreHead: scoreHead))
    }
    let known = try bench.models.prompt(of: start, model: base, trainsEncoder: true)!
    guard case .prompt(let before) = known.method, before.method == configuration.method,
      before.count == configuration.count
    else {
      throw RecipeError.stage(
        stage.name,
        problem: "\(start.name) has virtual tokens of another method or count: train on with the same, or use "
          + "method: lora")
    }
    let copy = try known.copy(model: base, scoreHeadSeed: scoreHead ? seed : nil)
    return Role(base, copy)
  }

  private func promptStart(_ tokenizer: Tokenizer) throws -> PromptStart {
    let keys = stage.settings.map("virtual_tokens")
    switch keys.text("start") {
    case "random": return .random
    case "zero": return .zero
    default:
      let tokens = tokenizer.encode(keys.text("text"), parsingSpecial: true)
      guard !tokens.isEmpty else {
        throw RecipeError.stage(stage.name, problem: "virtual_tokens: text is empty: give a text, or start: random")
      }
      return .tokens(tokens)
    }
  }

  private func trainedTokens(_ tokenizer: Tokenizer) throws -> [Int] {
    let words = stage.settings.texts("trained_tokens")
    if stage.method == .tokens && words.isEmpty {
      throw RecipeError.stage(stage.name, problem: "method: tokens needs trained_tokens: the tokens to train")
    }
    var found: [Int] = []
    for word in words {
      let ids = tokenizer.id(of: word).map { [$0] } ?? tokenizer.encode(word, parsingSpecial: true)
      guard let id = ids.first, ids.count == 1 else {
        throw RecipeError.stage(
          stage.name,
          problem:
            "trained_tokens: \(word) is \(ids.count) tokens; name one token, or add it with the model's add_tokens")
      }
      if !found.contains(Int(id)) { found.append(Int(id)) }
    }
    return found
  }
}
