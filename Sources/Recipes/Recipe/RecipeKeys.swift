import Models

/// The tables of all keys that a recipe may hold. Parsing, checking, help and the JSON Schema come from them alone.
package enum RecipeKeys {
  /// Keys of the recipe itself. `stages` and `defaults` have tables of their own.
  package static let top: [Key] = [
    Key("name", .text, isRequired: true, "what runs and models are called"),
    Key("seed", .integer(0...Int.max), default: 1, "the seed of everything random; same seed, same bits"),
    Key("store", .path, "the store's file; --store and TOUCHSTONE_STORE go first"),
    Key("models", .path, "the folder for weights (default: beside the store, <store>.files)"),
    Key("threads", .integer(0...1024), default: 0, "threads; 0 means one per core"),
    Key("model", .map(model), "the model to start from"),
    Key("defaults", .map([]), "values for every stage that has the key"),
    Key("stages", .list(.text), isRequired: true, "what to do, in order"),
  ]

  static let model: [Key] = [
    Key("folder", .path, "a Hugging Face folder: config.json, *.safetensors, tokenizer.json"),
    Key(
      "add_tokens", .list(.text),
      "with folder: new tokens; their rows start as the mean of the others, and the grown model is kept beside the store"
    ),
    Key("new", .map(newModel), "a new model with random weights"),
  ]

  static let newModel: [Key] = [
    Key("preset", .choice(ModelConfiguration.presets.keys.sorted()), default: "demo-3m", "sizes to start from"),
    Key("hidden_size", .integer(8...16384), "width of the residual stream"),
    Key("intermediate_size", .integer(8...65536), "width of the feed-forward layer"),
    Key("layers", .integer(1...256), "number of blocks"),
    Key("heads", .integer(1...256), "query heads; their width is hidden_size / heads"),
    Key("key_value_heads", .integer(1...256), "key and value heads, shared by groups of query heads"),
    Key("context", .integer(16...1_048_576), "longest sequence, tokens"),
    Key("tied_embeddings", .boolean, "use one matrix for input and output tokens"),
    Key("rope_theta", .positive, default: 10_000, "base of the rotary positions"),
    Key("tokenizer", .map(tokenizer), default: [:], "the tokenizer of the new model"),
  ]

  static let tokenizer: [Key] = [
    Key(
      "vocabulary_size", .integer(300...1_000_000), default: 4096, "tokens of the byte-level BPE, special ones included"
    ),
    Key("folder", .path, "take the tokenizer.json of this folder instead of training one"),
  ]

  /// The keys of one kind of stage, `name` and `seed` included.
  package static func stage(_ kind: StageKind) -> [Key] {
    common(kind) + own(kind)
  }

  private static func common(_ kind: StageKind) -> [Key] {
    [
      Key("name", .text, default: .string(kind.rawValue), "the stage's name, where a kind stands twice"),
      Key("seed", .integer(0...Int.max), "this stage's seed (default: the recipe's)"),
    ]
  }

  private static func own(_ kind: StageKind) -> [Key] {
    switch kind {
    case .ingest: ingest
    case .pairs: pairs
    case .model: newModel
    case .pretrain: pretrain
    case .sft: sft
    case .sample: sample
    case .label: label
    case .reward: reward
    case .dpo: dpo
    case .ppo: ppo
    case .eval: eval
    }
  }
}
