import Models
import Store
import Tensors
import Training

extension RecipeStage {
  /// The optimiser's options.
  package var optimizer: OptimizerOptions {
    OptimizerOptions(
      learningRate: settings.number("learning_rate"),
      schedule: ScheduleOptions(
        ScheduleOptions.Kind(rawValue: settings.text("schedule")) ?? .cosine, warmupRatio: settings.number("warmup")),
      weightDecay: settings.number("weight_decay"), beta1: settings.number("beta1"), beta2: settings.number("beta2"),
      epsilon: settings.number("epsilon"), maximumGradientNorm: settings.number("gradient_norm"),
      kind: OptimizerOptions.Kind(rawValue: settings.text("optimizer")) ?? .adamw,
      state: OptimizerOptions.State(rawValue: settings.text("optimizer_state")) ?? .memory)
  }

  /// How long the stage trains and in which portions.
  /// - Parameter lengthKey: The key of the longest sequence; nil where answers set it.
  package func loop(seed: UInt64, lengthKey: String?, context: Int) -> LoopOptions {
    LoopOptions(
      seed: seed, epochs: settings.number("epochs"), maximumSteps: settings.optionalInteger("steps"),
      batchSize: settings.integer("batch"), microbatchTokens: settings.integer("microbatch_tokens"),
      recomputes: settings.flag("recompute"), matmulPrecision: matmulPrecision,
      maximumLength: min(context, lengthKey.map(settings.integer) ?? context),
      shuffles: settings.values["shuffle"]?.bool ?? true,
      evaluateEvery: settings.optionalInteger("evaluate_every") ?? 0,
      patience: settings.optionalInteger("patience"), restoresBest: settings.values["keep_best"]?.bool ?? false,
      checkpointEvery: settings.integer("checkpoint_every"))
  }

  /// How exactly products with weights are computed.
  package var matmulPrecision: MatmulPrecision {
    settings.values["matmul_precision"]?.string.flatMap(MatmulPrecision.init) ?? .highest
  }

  /// How the frozen weights under the update are kept, where the recipe says so; else as the model's folder holds them.
  package var weights: WeightFormat? {
    settings.given.union(settings.shared).contains("weights") ? WeightFormat(rawValue: settings.text("weights")) : nil
  }

  /// How answers are drawn.
  package func sampling(seed: UInt64, stopTokens: Set<Int32>) -> SamplingOptions {
    let sampling = settings.map("sampling")
    return SamplingOptions(
      maximumNewTokens: sampling.integer("maximum_tokens"), temperature: sampling.float("temperature"),
      topK: sampling.integer("top_k"), topP: sampling.float("top_p"), minP: sampling.float("min_p"),
      repetitionPenalty: sampling.float("repetition_penalty"), stopTokens: stopTokens.sorted(), seed: seed)
  }

  package var splits: [Split] { settings.texts("splits").compactMap(Split.init(rawValue:)) }
}
