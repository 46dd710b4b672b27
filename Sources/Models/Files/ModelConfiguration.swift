/// The families of models that can be opened; each says how its config.json is read.
public enum ModelArchitecture: String, Sendable, Hashable, Codable, CaseIterable {
  /// RMSNorm, rotary positions, grouped-query attention, SwiGLU.
  case llama

  /// The class that transformers opens such a model with.
  var transformersClass: String {
    switch self {
    case .llama: "LlamaForCausalLM"
    }
  }
}

/// The shape of a model, as its config.json says it.
public struct ModelConfiguration: Sendable, Hashable, Codable {
  public var architecture: ModelArchitecture
  /// Width of the residual stream, C.
  public var hiddenSize: Int
  public var layerCount: Int
  public var headCount: Int
  /// Heads of keys and values, each shared by headCount / keyValueHeadCount heads of queries.
  public var keyValueHeadCount: Int
  /// Width of one head; usually hiddenSize / headCount.
  public var headSize: Int
  /// Width of the feed-forward layer.
  public var intermediateSize: Int
  /// Rows of the embedding, V; may exceed the tokenizer's vocabulary.
  public var vocabularySize: Int
  public var rmsNormEpsilon: Float
  /// Base of the rotary wavelengths.
  public var ropeTheta: Double
  /// The longest sequence, in tokens.
  public var maximumPositions: Int
  /// Whether the output matrix is the embedding.
  public var tiesEmbeddings: Bool
  /// Whether the projections of attention have biases.
  public var attentionBias: Bool
  /// Whether the projections of the feed-forward layer have biases.
  public var feedForwardBias: Bool
  public var beginningOfSequence: Int32?
  /// Tokens that end a text.
  public var endOfSequence: [Int32]
  public var padding: Int32?

  public init(
    architecture: ModelArchitecture = .llama, hiddenSize: Int, layerCount: Int, headCount: Int,
    keyValueHeadCount: Int? = nil, headSize: Int? = nil, intermediateSize: Int, vocabularySize: Int,
    rmsNormEpsilon: Float = 1e-5, ropeTheta: Double = 10_000, maximumPositions: Int = 2048,
    tiesEmbeddings: Bool = true, attentionBias: Bool = false, feedForwardBias: Bool = false,
    beginningOfSequence: Int32? = nil, endOfSequence: [Int32] = [], padding: Int32? = nil
  ) {
    self.architecture = architecture
    self.hiddenSize = hiddenSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount ?? headCount
    self.headSize = headSize ?? hiddenSize / headCount
    self.intermediateSize = intermediateSize
    self.vocabularySize = vocabularySize
    self.rmsNormEpsilon = rmsNormEpsilon
    self.ropeTheta = ropeTheta
    self.maximumPositions = maximumPositions
    self.tiesEmbeddings = tiesEmbeddings
    self.attentionBias = attentionBias
    self.feedForwardBias = feedForwardBias
    self.beginningOfSequence = beginningOfSequence
    self.endOfSequence = endOfSequence
    self.padding = padding
  }

  /// How many weights a model of this shape has.
  public var parameterCount: Int {
    let queryWidth = headCount * headSize
    let keyWidth = keyValueHeadCount * headSize
    var layer = 2 * hiddenSize * (queryWidth + keyWidth) + 3 * hiddenSize * intermediateSize + 2 * hiddenSize
    if attentionBias { layer += queryWidth + 2 * keyWidth + hiddenSize }
    if feedForwardBias { layer += 2 * intermediateSize + hiddenSize }
    return vocabularySize * hiddenSize * (tiesEmbeddings ? 1 : 2) + layerCount * layer + hiddenSize
  }
}
