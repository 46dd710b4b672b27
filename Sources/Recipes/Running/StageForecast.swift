import Foundation
import Models
import Tensors
import Tokenizers
import Training

/// What a training stage will take of memory, before its data or even its model exist: from the recipe and the shape.
package struct StageForecast {
  private let recipe: Recipe
  private let stage: RecipeStage
  private let shape: ModelConfiguration

  /// Nil for stages that do not train, and where the model's shape is not known.
  package init?(_ stage: RecipeStage, recipe: Recipe) {
    guard stage.kind.isTraining, let shape = recipe.modelShape else { return nil }
    self.recipe = recipe
    self.stage = stage
    self.shape = shape
  }

  private var settings: Settings { stage.settings }
  private var isFull: Bool { stage.kind == .pretrain || stage.method == .full }

  /// Micro-batches are taken to be full, and of the longest sequences that the recipe allows.
  /// - Throws: `ModelError` for patterns of weights to freeze that match none.
  package func estimate() throws -> MemoryEstimate {
    let weights = shape.weights
    let frozen = try FrozenWeights(isFull ? settings.texts("freeze") : [], among: weights.map(\.name))
    let trained = isFull ? weights.filter { !frozen.contains($0.name) } : []
    let names = Set(trained.map(\.name))
    let adapters = adapters
    let ranks = adapters.first
    var pass = PassShape(
      shape, trains: names.contains,
      rank: { module in
        ranks.map { $0.configuration.targets(module) ? $0.configuration.rank(forModule: module) : 0 } ?? 0
      }, hasMagnitude: { _ in ranks?.configuration.usesMagnitudes == true })
    pass.dropsInputs = ranks.map { $0.configuration.dropout > 0 } ?? false
    if !isFull {
      let prompt = stage.promptConfiguration(.causalLanguageModel)
      pass.set(prompt, trains: prompt != nil || settings.values["trained_tokens"] != nil)
    }
    let counts = trained.map { $0.shape.reduce(1, *) } + adapters.filter(\.isTrained).flatMap(\.counts)
    let (batches, caches) = work
    return MemoryEstimate(
      base: shape, weightBytes: shape.weightBytes(isFull ? .f32 : stage.weights ?? recipe.storedFormat ?? .f32),
      adapters: adapters.flatMap(\.counts),
      trained: counts, optimizer: stage.optimizer,
      passes: batches.map { batch, loss in
        PassMemory(
          pass, tokens: batch.tokens, targets: batch.targets, longest: batch.longest, loss: loss,
          recomputes: settings.values["recompute"]?.bool ?? false, precision: stage.matmulPrecision)
      }, caches: caches)
  }

  private struct PlannedAdapter {
    var configuration: AdapterConfiguration
    var counts: [Int]
    var isTrained: Bool
  }

  /// The adapter that is trained comes first; a policy's stage also has its reward model's and the value's.
  private var adapters: [PlannedAdapter] {
    if isFull { return [] }
    func planned(_ stage: RecipeStage, scored: Bool, isTrained: Bool) -> PlannedAdapter {
      let head = scored ? [shape.hiddenSize] : []
      if let prompt = stage.promptConfiguration(.causalLanguageModel) {
        return PlannedAdapter(
          configuration: AdapterConfiguration(targets: .modules([])), counts: prompt.parameterCounts(shape) + head,
          isTrained: isTrained)
      }
      let configuration = stage.method == .tokens ? AdapterConfiguration(targets: .modules([])) : stage.adapter
      let rows = stage.settings.texts("trained_tokens").map { _ in shape.hiddenSize }
      let suffix = ".weight"
      let counts = shape.weights.flatMap { weight -> [Int] in
        let module = String(weight.name.dropLast(suffix.count))
        guard weight.kind == .linear, configuration.targets(module) else { return [] }
        let rank = configuration.rank(forModule: module)
        return [rank * weight.columns, rank * weight.rows] + (configuration.usesMagnitudes ? [weight.rows] : [])
      }
      return PlannedAdapter(
        configuration: configuration, counts: rows + counts + head, isTrained: isTrained)
    }
    let own = planned(stage, scored: stage.kind == .reward, isTrained: true)
    guard stage.kind == .ppo, let reward = recipe.rewardStage(of: stage) else { return [own] }
    let judge = planned(reward, scored: true, isTrained: false)
    if stage.sharesValueTrunk {
      var headed = own
      headed.counts.append(shape.hiddenSize)
      return [headed, judge]
    }
    return [own, planned(reward, scored: true, isTrained: true), judge]
  }

  private var work: (batches: [(Microbatch, PassMemory.Loss)], caches: Int) {
    let budget = settings.integer("microbatch_tokens")
    func longest(_ key: String) -> Int { min(shape.maximumPositions, settings.integer(key)) }
    switch stage.kind {
    case .pretrain: return ([(Microbatch(budget: budget, longest: longest("window")), .crossEntropy)], 0)
    case .reward:
      return ([(Microbatch(budget: budget, longest: longest("maximum_length"), targetShare: 0.01), .scores)], 0)
    case .dpo:
      let batch = Microbatch(budget: budget, longest: longest("maximum_length"), targetShare: 0.6)
      return ([(batch, .logProbabilities)], 0)
    case .ppo:
      // Prompts are taken to be as long as their answers.
      let answer = settings.map("sampling").integer("maximum_tokens")
      let footprint = RolloutFootprint(
        prompts: settings.integer("batch"), samples: settings.integer("answers"), lengths: [answer], answer: answer,
        budget: budget)
      return ([(footprint.batch, .logProbabilities), (footprint.batch, .scores)], footprint.cacheBytes(shape))
    default: return ([(Microbatch(budget: budget, longest: longest("maximum_length")), .crossEntropy)], 0)
    }
  }
}

extension Recipe {
  /// What the model's folder holds; nil where its weights are not rounded, or not there yet.
  fileprivate var storedFormat: WeightFormat? {
    guard case .folder(let folder, _) = model else { return nil }
    return try? WeightFormat.stored(inFolder: URL(fileURLWithPath: resolve(folder)))
  }

  /// The shape of the recipe's model, as far as files and keys tell it.
  fileprivate var modelShape: ModelConfiguration? {
    switch model {
    case .folder(let folder, _):
      return try? ModelConfiguration(folder: URL(fileURLWithPath: resolve(folder)))
    case .new(let settings):
      let tokenizer = settings.map("tokenizer")
      let words =
        tokenizer.optionalText("folder").map { URL(fileURLWithPath: resolve($0)) }
        .map { (try? Tokenizer(folder: $0))?.vocabularySize } ?? tokenizer.integer("vocabulary_size")
      return words.flatMap { try? NewModel.shape(settings, vocabularySize: $0) }
    case nil: return nil
    }
  }
}
