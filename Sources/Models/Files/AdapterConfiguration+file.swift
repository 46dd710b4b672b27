import Foundation
import Tokenizers

extension AdapterConfiguration.Task {
  init(_ file: ConfigurationFile) throws {
    let name = try file.string("task_type") ?? Self.causalLanguageModel.rawValue
    guard let task = Self(rawValue: name) else {
      throw ModelError.unsupported(file: file.path, feature: "the task_type \(name)", supported: "CAUSAL_LM, SEQ_CLS")
    }
    self = task
  }
}

extension AdapterConfiguration {
  static let fileName = "adapter_config.json"

  /// Reads a folder's adapter_config.json, as PEFT writes it.
  ///
  /// - Throws: `ModelError` naming file, key and value: what is missing or not supported.
  public init(folder: URL) throws {
    guard case .lowRank(let configuration) = try AdapterMethodFile.read(folder) else {
      throw ModelError.unsupported(
        file: folder.appendingPathComponent(Self.fileName).path, feature: "virtual tokens", supported: "LORA")
    }
    self = configuration
  }

  init(_ file: ConfigurationFile) throws {
    try Self.refuseUnsupported(file)
    self.init(
      rank: try file.integer("r") ?? 8, alpha: try file.number("lora_alpha") ?? 8,
      dropout: try file.number("lora_dropout") ?? 0, targets: try Self.targets(file),
      usesRankStabilisation: try file.bool("use_rslora") ?? false, usesMagnitudes: try file.bool("use_dora") ?? false,
      rankPattern: try Self.pattern(file, "rank_pattern", \.integer),
      alphaPattern: try Self.pattern(file, "alpha_pattern", \.number),
      layers: try file.integers("layers_to_transform"), excludedModules: try Self.exclusions(file).modules,
      excludedPattern: try Self.exclusions(file).pattern,
      modulesToSave: try file.strings("modules_to_save") ?? [], trainedTokens: try Self.trainedTokens(file),
      task: try Task(file), baseModel: try file.string("base_model_name_or_path"), start: Self.start(file))
    guard rank > 0, rankPattern.values.allSatisfy({ $0 > 0 }) else {
      throw ModelError.malformed(
        file: file.path, reason: "a rank is not positive (r \(rank), rank_pattern \(rankPattern))")
    }
    guard (0..<1).contains(dropout) else {
      throw ModelError.malformed(
        file: file.path, reason: "lora_dropout is \(dropout), expected 0 up to, not including, 1")
    }
  }

  private static func targets(_ file: ConfigurationFile) throws -> Targets {
    switch file["target_modules"] {
    case nil: throw ModelError.malformed(file: file.path, reason: "target_modules is missing")
    case .string("all-linear"): return .allLinear
    case .string(let pattern):
      guard (try? Regex(pattern)) != nil else {
        throw ModelError.malformed(file: file.path, reason: "target_modules \"\(pattern)\" is no regular expression")
      }
      return .pattern(pattern)
    default: return .modules(try file.strings("target_modules") ?? [])
    }
  }

  /// A list of tokens, or lists by the embedding's name; the model has one embedding.
  private static func trainedTokens(_ file: ConfigurationFile) throws -> [Int] {
    guard case .object(let members)? = file["trainable_token_indices"] else {
      return try file.integers("trainable_token_indices") ?? []
    }
    guard members.count == 1, case .array(let tokens)? = members["embed_tokens"] ?? members["model.embed_tokens"] else {
      throw ModelError.unsupported(
        file: file.path, feature: "trainable_token_indices of \(members.keys.sorted())", supported: "embed_tokens")
    }
    return tokens.compactMap(\.integer)
  }

  private static func exclusions(_ file: ConfigurationFile) throws -> (modules: [String], pattern: String?) {
    guard case .string(let pattern)? = file["exclude_modules"] else {
      return (try file.strings("exclude_modules") ?? [], nil)
    }
    guard (try? Regex(pattern)) != nil else {
      throw ModelError.malformed(file: file.path, reason: "exclude_modules \"\(pattern)\" is no regular expression")
    }
    return ([], pattern)
  }

  private static func start(_ file: ConfigurationFile) -> Start {
    guard case .string(let name)? = file["init_lora_weights"] else { return .default }
    return Start(rawValue: name) ?? .default
  }

  private static func pattern<Value>(
    _ file: ConfigurationFile, _ key: String, _ read: (JSONValue) -> Value?
  ) throws -> [String: Value] {
    var result: [String: Value] = [:]
    for (name, value) in try file.object(key) ?? [:] {
      guard (try? Regex(name)) != nil, let number = read(value) else {
        throw ModelError.malformed(
          file: file.path, reason: "\(key) maps \(name) to \(ConfigurationFile.text(value)), expected a number")
      }
      result[name] = number
    }
    return result
  }

  /// Options that change what the adapter computes, and that are not computed here.
  private static func refuseUnsupported(_ file: ConfigurationFile) throws {
    func refuse(_ key: String, supported: String) throws {
      guard let value = file[key] else { return }
      throw ModelError.unsupported(
        file: file.path, feature: "\(key) \(ConfigurationFile.text(value))", supported: supported)
    }
    if try file.string("bias") ?? "none" != "none" { try refuse("bias", supported: "none") }
    for key in ["lora_bias", "use_qalora", "use_bdlora", "fan_in_fan_out"] where file[key] != .bool(false) {
      try refuse(key, supported: "false")
    }
    for key in [
      "layer_replication", "target_parameters", "layers_pattern", "alora_invocation_tokens",
      "arrow_config", "kasa_config", "velora_config", "monteclora_config",
    ] where file[key] != .array([]) {
      try refuse(key, supported: "null")
    }
    // PiSSA's kin change the base weights at the start, so that the saved deltas do not fit the base as it was; PiSSA's
    // own start can be computed again.
    if case .string(let start)? = file["init_lora_weights"],
      !["gaussian", "orthogonal", "eva", "pissa"].contains(start)
    {
      try refuse("init_lora_weights", supported: "true, false, \"gaussian\", \"orthogonal\", \"eva\", \"pissa\"")
    }
  }

  /// Writes adapter_config.json into a folder, for PEFT to open.
  ///
  /// - Throws: `ModelError.unwritable`.
  public func save(to folder: URL) throws {
    if targetsNothing {
      let members: [String: JSONValue] = [
        "peft_type": .string("TRAINABLE_TOKENS"), "task_type": .string(task.rawValue), "init_weights": .bool(true),
        "token_indices": .array(trainedTokens.map(JSONValue.integer)), "target_modules": .string("model.embed_tokens"),
        "base_model_name_or_path": baseModel.map(JSONValue.string) ?? .null, "inference_mode": .bool(true),
      ]
      return try ConfigurationFile.write(members, to: folder.appendingPathComponent(Self.fileName))
    }
    func strings(_ values: [String]) -> JSONValue { values.isEmpty ? .null : .array(values.map(JSONValue.string)) }
    let targetModules: JSONValue =
      switch targets {
      case .modules(let names): .array(names.map(JSONValue.string))
      case .pattern(let pattern): .string(pattern)
      case .allLinear: .string("all-linear")
      }
    let members: [String: JSONValue] = [
      "peft_type": .string("LORA"), "task_type": .string(task.rawValue), "r": .integer(rank),
      "lora_alpha": Self.json(alpha), "lora_dropout": .number(dropout), "target_modules": targetModules,
      "use_rslora": .bool(usesRankStabilisation), "use_dora": .bool(usesMagnitudes),
      "rank_pattern": .object(rankPattern.mapValues(JSONValue.integer)),
      "alpha_pattern": .object(alphaPattern.mapValues(Self.json)),
      "layers_to_transform": layers.map { .array($0.map(JSONValue.integer)) } ?? .null,
      "exclude_modules": excludedPattern.map(JSONValue.string) ?? strings(excludedModules),
      "modules_to_save": strings(modulesToSave),
      "trainable_token_indices": trainedTokens.isEmpty ? .null : .array(trainedTokens.map(JSONValue.integer)),
      "base_model_name_or_path": baseModel.map(JSONValue.string) ?? .null, "bias": .string("none"),
      "fan_in_fan_out": .bool(false), "init_lora_weights": start == .default ? .bool(true) : .string(start.rawValue),
      "inference_mode": .bool(true),
      "layers_pattern": .null, "revision": .null,
    ]
    try ConfigurationFile.write(members, to: folder.appendingPathComponent(Self.fileName))
  }

  /// Whole numbers without a point, as PEFT writes them.
  private static func json(_ value: Double) -> JSONValue {
    value == value.rounded() && abs(value) < 1e15 ? .integer(Int(value)) : .number(value)
  }
}
