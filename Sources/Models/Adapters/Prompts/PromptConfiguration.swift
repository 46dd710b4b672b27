import Tensors

/// The settings of an adapter of virtual tokens, as PEFT's adapter_config.json has them.
public struct PromptConfiguration: Sendable, Hashable, Codable {
  public enum Method: String, Sendable, Hashable, Codable {
    /// Keys and values of every layer: prefix tuning (Li & Liang 2021) and P-tuning v2 (Liu et al. 2021).
    case prefix = "PREFIX_TUNING"
    /// Embeddings before the first layer, made by a small network (P-tuning, Liu et al. 2021).
    case encodedPrompt = "P_TUNING"
    /// Embeddings before the first layer (prompt tuning, Lester et al. 2021).
    case prompt = "PROMPT_TUNING"
  }

  /// What virtual tokens are computed from in training; what is saved is always the result.
  public enum Encoder: String, Sendable, Hashable, Codable {
    /// They are the parameters themselves.
    case none
    /// Embedding, linear, tanh, linear: prefix tuning's projection.
    case projection
    /// Embedding and three linear layers with ReLU between them.
    case mlp = "MLP"
    /// Embedding, a bidirectional LSTM and two linear layers with ReLU between them.
    case lstm = "LSTM"
  }

  public var method: Method
  /// Virtual tokens, n.
  public var count: Int
  public var encoder: Encoder
  /// Width of the encoder's hidden layers; nil for that of what it makes of a token.
  public var encoderWidth: Int?
  /// Layers of the LSTM.
  public var encoderLayers: Int
  public var task: AdapterConfiguration.Task
  public var baseModel: String?

  public init(
    _ method: Method, count: Int = 20, encoder: Encoder = .none, encoderWidth: Int? = nil, encoderLayers: Int = 2,
    task: AdapterConfiguration.Task = .causalLanguageModel, baseModel: String? = nil
  ) {
    self.method = method
    self.count = count
    self.encoder = encoder
    self.encoderWidth = encoderWidth
    self.encoderLayers = encoderLayers
    self.task = task
    self.baseModel = baseModel
  }

  /// Width of a token's embedding in an encoder: that of the keys for a prefix, else that of the model.
  func tokenWidth(_ model: ModelConfiguration) -> Int {
    method == .prefix ? model.keyValueHeadCount * model.headSize : model.hiddenSize
  }

  /// Width of a virtual token: keys and values of every layer, or one embedding.
  func width(_ model: ModelConfiguration) -> Int {
    method == .prefix ? 2 * model.layerCount * tokenWidth(model) : model.hiddenSize
  }

  /// Where a pass puts the virtual tokens.
  var prefix: PackedBatch.Prefix { method == .prefix ? .keys(count) : .rows(count) }
}
