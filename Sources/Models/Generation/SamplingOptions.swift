/// How the next token is chosen.
public struct SamplingOptions: Codable, Sendable, Hashable {
  public var maximumNewTokens = 128
  /// 0 takes the likeliest token.
  public var temperature: Float = 1
  /// Keep the k likeliest tokens; 0 keeps all.
  public var topK = 0
  /// Keep the smallest set of likeliest tokens with at least this probability.
  public var topP: Float = 1
  /// Keep tokens of at least this share of the likeliest one's probability.
  public var minP: Float = 0
  /// Divides positive and multiplies negative logits of tokens seen before (Keskar et al. 2019).
  public var repetitionPenalty: Float = 1
  public var stopTokens: [Int32] = []
  public var seed: UInt64 = 0

  public init(
    maximumNewTokens: Int = 128, temperature: Float = 1, topK: Int = 0, topP: Float = 1, minP: Float = 0,
    repetitionPenalty: Float = 1, stopTokens: [Int32] = [], seed: UInt64 = 0
  ) {
    self.maximumNewTokens = maximumNewTokens
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.stopTokens = stopTokens
    self.seed = seed
  }
}

/// One sampled continuation.
public struct Generation: Sendable {
  public enum Finish: String, Codable, Sendable {
    case stopToken = "stop"
    case length
    case cancelled
  }

  /// Sampled tokens, the stop token included.
  public var sampled: [Int32] = []
  /// Log-probability of each sampled token under logits / temperature, before any filter.
  public var logProbabilities: [Float] = []
  public var finish: Finish = .length
  /// Passes that chose its tokens: fewer than tokens where drafted ones were right.
  public var passes = 0

  public init() {}

  /// The sampled tokens without the stop token.
  public var tokens: [Int32] { finish == .stopToken ? Array(sampled.dropLast()) : sampled }
}
