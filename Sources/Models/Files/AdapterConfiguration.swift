/// The settings of a LoRA adapter, as PEFT's adapter_config.json has them.
public struct AdapterConfiguration: Sendable, Hashable, Codable {
  /// Which linear layers get a low-rank delta.
  public enum Targets: Sendable, Hashable, Codable {
    /// Layers whose path is, or ends in, one of these names: `q_proj`, `model.layers.3.mlp.up_proj`.
    case modules([String])
    /// Layers whose whole path matches a regular expression.
    case pattern(String)
    /// Every linear layer but the output matrix and the score head.
    case allLinear
  }

  /// What the adapted model is for; the values are PEFT's.
  public enum Task: String, Sendable, Hashable, Codable {
    case causalLanguageModel = "CAUSAL_LM"
    /// A reward or value model: one score for a sequence.
    case sequenceClassification = "SEQ_CLS"
  }

  /// What a new adapter's deltas are; the values are a recipe's.
  public enum Start: String, Sendable, Hashable, Codable, CaseIterable {
    /// A uniform, B zero.
    case `default`
    /// A normal, B zero.
    case gaussian
    /// The principal part of the weight, which is taken off the base.
    case pissa
  }

  /// r, the rank of a delta.
  public var rank: Int
  /// lora_alpha; a delta is scaled by alpha / r.
  public var alpha: Double
  /// The share of a delta's inputs that is dropped in training.
  public var dropout: Double
  public var targets: Targets
  /// Whether deltas are scaled by alpha / √r instead (rsLoRA).
  public var usesRankStabilisation: Bool
  /// Whether weights are split into direction and magnitude (DoRA).
  public var usesMagnitudes: Bool
  /// Ranks of layers that differ, by name or regular expression.
  public var rankPattern: [String: Int]
  /// Alphas of layers that differ, by name or regular expression.
  public var alphaPattern: [String: Double]
  /// Only these blocks are adapted; nil for all.
  public var layers: [Int]?
  /// Names of layers that are left alone whatever the targets say.
  public var excludedModules: [String]
  /// A regular expression for whole paths that are left alone too.
  public var excludedPattern: String?
  /// Whole layers saved with the adapter, such as the score head.
  public var modulesToSave: [String]
  /// Tokens whose rows of the embedding are trained as well.
  public var trainedTokens: [Int]
  public var task: Task
  /// Where the base model came from.
  public var baseModel: String?
  public var start: Start

  public init(
    rank: Int = 8, alpha: Double = 8, dropout: Double = 0, targets: Targets = .allLinear,
    usesRankStabilisation: Bool = false, usesMagnitudes: Bool = false, rankPattern: [String: Int] = [:],
    alphaPattern: [String: Double] = [:], layers: [Int]? = nil, excludedModules: [String] = [],
    excludedPattern: String? = nil, modulesToSave: [String] = [], trainedTokens: [Int] = [],
    task: Task = .causalLanguageModel, baseModel: String? = nil, start: Start = .default
  ) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.targets = targets
    self.usesRankStabilisation = usesRankStabilisation
    self.usesMagnitudes = usesMagnitudes
    self.rankPattern = rankPattern
    self.alphaPattern = alphaPattern
    self.layers = layers
    self.excludedModules = excludedModules
    self.excludedPattern = excludedPattern
    self.modulesToSave = modulesToSave
    self.trainedTokens = trainedTokens
    self.task = task
    self.baseModel = baseModel
    self.start = start
  }

  /// A LoRA over layers by name; the one name `all-linear` stands for every linear layer.
  public init(rank: Int, alpha: Double, dropout: Double = 0, targetModules: [String]) {
    self.init(
      rank: rank, alpha: alpha, dropout: dropout,
      targets: targetModules == ["all-linear"] ? .allLinear : .modules(targetModules))
  }
}

extension AdapterConfiguration {
  /// Whether a linear layer, given by its path in the model, gets a delta.
  ///
  /// Source: `check_target_module_exists` of PEFT.
  public func targets(_ module: String) -> Bool {
    if excludedModules.contains(where: { Self.isNamed(module, $0) }) { return false }
    if let excludedPattern, Self.matches(module, excludedPattern) { return false }
    if modulesToSave.contains(where: { module.split(separator: ".").map(String.init).contains($0) }) { return false }
    switch targets {
    case .pattern(let pattern): return Self.matches(module, pattern)
    case .allLinear:
      guard !["lm_head", "score"].contains(where: { Self.isNamed(module, $0) }) else { return false }
    case .modules(let names):
      guard names.contains(where: { Self.isNamed(module, $0) }) else { return false }
    }
    guard let layers, !layers.isEmpty else { return true }
    return Self.layer(of: module).map(layers.contains) ?? false
  }

  /// The rank of a layer's delta.
  public func rank(forModule module: String) -> Int { Self.value(rankPattern, module) ?? rank }

  /// What a layer's delta is multiplied by: alpha / r, or alpha / √r with rank stabilisation.
  public func scale(forModule module: String) -> Float {
    let rank = Double(rank(forModule: module))
    let alpha = Self.value(alphaPattern, module) ?? alpha
    return Float(alpha / (usesRankStabilisation ? rank.squareRoot() : rank))
  }

  /// Whether rows of the embedding are all that is trained.
  var targetsNothing: Bool { targets == .modules([]) && !trainedTokens.isEmpty }

  /// The targets in words.
  public var targetDescription: String {
    switch targets {
    case .modules(let names): names.joined(separator: ", ")
    case .pattern(let pattern): pattern
    case .allLinear: "all-linear"
    }
  }

  /// Whether a key of `rankPattern` or `alphaPattern` is meant for a layer.
  public static func isMatched(_ module: String, by key: String) -> Bool {
    isNamed(module, key) || matches(module, "(.*\\.)?(\(key))")
  }

  private static func isNamed(_ module: String, _ name: String) -> Bool {
    module == name || module.hasSuffix("." + name)
  }

  /// The first number in the path: `model.layers.3.mlp.up_proj` lies in layer 3.
  public static func layer(of module: String) -> Int? {
    module.split(separator: ".").dropFirst(2).dropLast().lazy.compactMap { Int($0) }.first
  }

  /// The first key by alphabet that matches decides: PEFT takes the first of its file, and sorts keys as it writes them.
  private static func value<Value>(_ pattern: [String: Value], _ module: String) -> Value? {
    pattern.keys.sorted()
      .first { isMatched(module, by: $0) }
      .flatMap { pattern[$0] }
  }

  /// Whether a regular expression matches the whole path; one that does not compile matches nothing.
  private static func matches(_ module: String, _ pattern: String) -> Bool {
    guard let regex = try? Regex(pattern) else { return false }
    return module.wholeMatch(of: regex) != nil
  }
}
