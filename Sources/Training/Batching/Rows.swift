/// A token sequence to train on, and which of its tokens are to be predicted.
public struct TrainingRow: Sendable, Hashable {
  public var id: String
  public var tokens: [Int32]
  /// One flag a token. The first token cannot be predicted, whatever its flag.
  public var isTarget: [Bool]

  public init(id: String, tokens: [Int32], isTarget: [Bool]) {
    self.id = id
    self.tokens = tokens
    self.isTarget = isTarget
  }

  /// A document, whose every token is to be predicted.
  public init(id: String, document: [Int32]) {
    self.init(id: id, tokens: document, isTarget: [Bool](repeating: true, count: document.count))
  }
}

/// A prompt and two answers, of which the first was preferred.
///
/// The answers end with the token that ends a turn: a reward model reads its score there.
public struct PreferenceRow: Sendable, Hashable {
  public var id: String
  public var prompt: [Int32]
  public var chosen: [Int32]
  public var rejected: [Int32]
  /// By how much the chosen answer's score should be ahead.
  public var margin: Double

  public init(id: String, prompt: [Int32], chosen: [Int32], rejected: [Int32], margin: Double = 0) {
    self.id = id
    self.prompt = prompt
    self.chosen = chosen
    self.rejected = rejected
    self.margin = margin
  }
}

/// A prompt for the policy to answer.
public struct PromptRow: Sendable, Hashable {
  public var id: String
  public var tokens: [Int32]

  public init(id: String, tokens: [Int32]) {
    self.id = id
    self.tokens = tokens
  }
}
