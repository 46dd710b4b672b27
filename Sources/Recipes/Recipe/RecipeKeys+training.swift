import Tensors
import Training

extension RecipeKeys {
  static let preferenceLosses: [String] = [
    "sigmoid", "hinge", "ipo", "sigmoid_norm", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot",
    "aot_unpaired", "apo_zero", "apo_down", "discopop", "sft",
  ]

  /// How the frozen base of an adapter is kept.
  static let weights = Key(
    "weights", .choice(WeightFormat.allCases.map(\.rawValue)), default: "f32",
    "how the frozen weights under a low-rank update are kept; nf4 is QLoRA. A folder of rounded weights keeps its own")

  /// Weights that full training leaves alone.
  static func freeze(_ condition: String) -> Key {
    Key(
      "freeze", .list(.text),
      condition + "weights to leave alone, patterns over Hugging Face names such as model.embed_tokens.* or *.mlp.*")
  }

  /// Keys of every training stage, with that stage's defaults.
  static func training(
    epochs: Double, learningRate: Double, batch: Int, batchHelp: String, warmup: Double = 0.05,
    schedule: String = "cosine", weightDecay: Double = 0
  ) -> [Key] {
    [
      Key("epochs", .positive, default: .double(epochs), "passes over the data"),
      Key("steps", .count, "steps instead of epochs"),
      Key("batch", .count, default: .int(batch), batchHelp),
      Key("patience", .count, "end after so many measurements without improvement"),
      Key("keep_best", .boolean, default: false, "end with the weights that measured best"),
      Key("learning_rate", .number(0...1), default: .double(learningRate), "highest learning rate of AdamW"),
      Key(
        "schedule", .choice(["constant", "linear", "cosine"]), default: .string(schedule), "its course after warm-up"),
      Key("warmup", .fraction, default: .double(warmup), "share of steps in which it rises"),
      Key(
        "optimizer", .choice(OptimizerOptions.Kind.allCases.map(\.rawValue)), default: "adamw",
        "adamw keeps 8 bytes of moments for a trained weight, adamw8bit 2"),
      Key(
        "optimizer_state", .choice(OptimizerOptions.State.allCases.map(\.rawValue)), default: "memory",
        "where moments are kept: file lets the system write them to the disk"),
      Key("beta1", .number(0...0.999999), default: 0.9, "decay of the first moment"),
      Key("beta2", .number(0...0.999999), default: 0.999, "decay of the second moment"),
      Key("epsilon", .number(1e-30...1), default: 1e-8, "keeps the update finite where the second moment is small"),
      Key("weight_decay", .positive, default: .double(weightDecay), "decoupled, on matrices only"),
      Key("gradient_norm", .positive, default: 1, "gradients are clipped to this norm; 0 means never"),
      Key(
        "microbatch_tokens", .count, default: 512, "tokens worked on at once: memory against speed, never the result"),
      Key(
        "recompute", .boolean, default: false,
        "compute blocks again in the backward instead of keeping them: a third more work for much less memory"),
      matmulPrecision,
      Key("checkpoint_every", .count, default: 50, "steps between checkpoints"),
    ]
  }

  static let matmulPrecision = Key(
    "matmul_precision", .choice(MatmulPrecision.allCases.map(\.rawValue)), default: "highest",
    "highest multiplies in f32; high in 16-bit integers where that is faster, about as exact as TF32; medium in 8-bit "
      + "integers, about as exact as FP8")

  static let pretrain: [Key] =
    [
      Key("window", .integer(8...1_048_576), default: 256, "tokens of one training window"),
      freeze(""),
      Key(
        "evaluate_every", .countOrZero, default: 50, "steps between measurements on held-out text; 0 means at the end"),
    ]
    + training(
      epochs: 2, learningRate: 1e-3, batch: 8, batchHelp: "windows per step", weightDecay: 0.1)

  static let sft: [Key] =
    [
      method(full: true),
      Key("lora", .map(lora), default: [:], "for method: lora"),
      weights,
      freeze("for method: full: "),
      Key("adapter", .path, "the PEFT folder to start from, its method and settings included"),
      Key("shuffle", .boolean, default: true, "a new order in each epoch; false keeps the store's order"),
      Key("from", .text, "the stage whose model is trained (default: the last before this one)"),
      Key("origins", .list(.choice(originNames)), "pairs to train on (default: all)"),
      Key("maximum_length", .count, default: 512, "longest pair, tokens; longer answers are cut and counted"),
      Key(
        "evaluate_every", .countOrZero, default: 50,
        "steps between measurements on validation pairs; 0 means at the end"),
    ] + tuning + training(epochs: 3, learningRate: 2e-4, batch: 16, batchHelp: "pairs per step")

  static let preferenceSource: [Key] =
    [
      Key("from", .text, "the stage whose model is trained (default: the last sft or pretrain stage)"),
      Key(
        "judges", .choice(["people", "rule", "imported", "model", "all"]),
        "whose judgements to train on (default: the label stage's)"),
      method(full: false),
      Key("lora", .map(lora), default: [:], "for method: lora"),
      weights,
      Key("maximum_length", .count, default: 512, "longest prompt and answer, tokens"),
      Key(
        "evaluate_every", .countOrZero, default: 25, "steps between measurements on held-out pairs; 0 means at the end"),
    ] + tuning

  static let reward: [Key] =
    preferenceSource + [
      Key("centre", .number(0...1), default: 0.01, "weight of the term that keeps scores around zero")
    ] + training(epochs: 2, learningRate: 1e-3, batch: 16, batchHelp: "comparisons per step")

  static let dpo: [Key] =
    preferenceSource + [
      Key("loss", .choice(preferenceLosses), default: "sigmoid", "the loss"),
      Key("beta", .positive, default: 0.1, "how strongly the reference holds"),
      Key("sft_weight", .positive, default: 0, "weight of the cross-entropy on chosen answers"),
      Key("label_smoothing", .number(0...0.5), default: 0, "share of judgements taken to be wrong"),
    ] + training(epochs: 2, learningRate: 5e-4, batch: 16, batchHelp: "comparisons per step")

  static let ppo: [Key] =
    [
      Key("from", .text, "the stage whose model is trained (default: the last sft or pretrain stage)"),
      Key("reward", .text, "the stage whose reward model judges (default: the last reward stage)"),
      method(full: false),
      Key("lora", .map(lora), default: [:], "for method: lora"),
      weights,
      Key("splits", .list(.choice(["train"])), default: ["train"], "splits whose prompts are answered"),
      Key("origins", .list(.choice(originNames)), "pairs whose questions are used (default: all)"),
      Key("sampling", .map(sampling), default: [:], "how answers are drawn"),
      Key("answers", .integer(1...64), default: 1, "answers per prompt"),
      Key(
        "value_model", .choice(["adapter", "head"]), default: "adapter",
        "adapter: an update of its own that starts as the reward model's; head: read from the policy, half the work"),
      Key("value_learning_rate", .number(0...1), "of the value model, or of the head alone (default: learning_rate)"),
      Key("updates", .integer(1...64), default: 4, "passes over each batch of answers"),
      Key("minibatches", .integer(1...64), default: 1, "optimiser steps in one pass"),
      Key("kl", .positive, default: 0.05, "weight of the divergence from the reference"),
      Key("kl_target", .positive, default: 0, "divergence to aim at, nats per answer; 0 keeps the weight fixed"),
      Key("clip", .fraction, default: 0.2, "how far a probability ratio may move"),
      Key("value_clip", .positive, default: 0.2, "how far a value may move"),
      Key("value_weight", .positive, default: 0.1, "weight of the value loss"),
      Key("gamma", .fraction, default: 1, "discount"),
      Key("lambda", .fraction, default: 0.95, "of generalised advantage estimation"),
      Key("whiten_rewards", .boolean, default: false, "scale rewards to variance one"),
      Key("missing_end_penalty", .positive, default: 1, "taken from the reward of an answer that does not end"),
    ] + tuning
    + training(
      epochs: 4, learningRate: 3e-4, batch: 32, batchHelp: "prompts per step", schedule: "constant"
    ).filter { !["patience", "keep_best"].contains($0.name) }

  static let eval: [Key] = [
    Key("models", .list(.text), "stages to compare (default: every model since sft; the first is the reference)"),
    Key("splits", .list(.choice(["validation", "test"])), default: ["test"], "held-out splits to measure on"),
    Key("prompts", .countOrZero, default: 0, "most prompts; 0 means all"),
    Key("answers", .integer(1...64), default: 1, "answers per prompt; more make the means surer"),
    Key("rule", .text, default: "concise", "the rule that judges wins"),
    Key("examples", .countOrZero, default: 6, "answers before and after to show"),
    Key("batch", .count, default: 32, "prompts answered together"),
    Key("sampling", .map(sampling), default: [:], "how answers are drawn"),
  ]
}
