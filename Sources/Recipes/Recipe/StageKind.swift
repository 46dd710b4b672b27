/// What a stage does. Raw values are the names in recipes; the order is the usual one.
public enum StageKind: String, Sendable, Hashable {
  case ingest, pairs, model, pretrain, sft, sample, label, reward, dpo, ppo, eval

  /// The stages that a recipe lists. `model` comes from the recipe's key of that name instead.
  public static let listed: [StageKind] = [
    .ingest, .pairs, .pretrain, .sft, .sample, .label, .reward, .dpo, .ppo, .eval,
  ]

  /// Part of a stage's fingerprint: raise it when the stage's results change for the same input.
  package var version: Int { 1 }

  /// Stages that `prep run` can do: they need no model.
  public var isDataStage: Bool { self == .ingest || self == .pairs }

  /// Stages that train weights, and so keep checkpoints and curves.
  package var isTraining: Bool {
    switch self {
    case .pretrain, .sft, .reward, .dpo, .ppo: true
    case .ingest, .pairs, .model, .sample, .label, .eval: false
    }
  }

  package var help: String {
    switch self {
    case .ingest: "raw documents to text in the store"
    case .pairs: "documents to instruction pairs"
    case .model: "the first weights and the tokenizer"
    case .pretrain: "next-token training of all weights on the documents' text"
    case .sft: "supervised fine-tuning on the instruction pairs"
    case .sample: "answers of the model to prompts, and comparisons between them"
    case .label: "which answer is better: asked of people, or of a documented rule"
    case .reward: "a reward model from the judgements"
    case .dpo: "direct preference optimisation on the judgements"
    case .ppo: "proximal policy optimisation against the reward model"
    case .eval: "what the training did, measured on held-out prompts"
    }
  }
}
