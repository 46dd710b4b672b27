/// An answer to a prompt.
public struct Completion: Hashable, Sendable {
  public var id: String
  /// The prompt's id.
  public var prompt: String
  public var text: String
  public var tokens: [Int32]?
  /// The id of the model that gave it; nil for imported and written ones.
  public var model: String?
  /// Temperature, top-p and the like.
  public var sampling: JSONValue
  public var seed: UInt64?
  /// `stop`, `length` or the like.
  public var finishReason: String?
  /// The sum of the tokens' log-probabilities, nats.
  public var logprob: Double?
  /// The run that sampled it.
  public var run: String?
  public var created: String

  public init(
    id: String = RecordID.make(.completion), prompt: String, text: String, tokens: [Int32]? = nil, model: String? = nil,
    sampling: JSONValue = [:], seed: UInt64? = nil, finishReason: String? = nil, logprob: Double? = nil,
    run: String? = nil, created: String = Timestamp.now()
  ) {
    self.id = id
    self.prompt = prompt
    self.text = text
    self.tokens = tokens
    self.model = model
    self.sampling = sampling
    self.seed = seed
    self.finishReason = finishReason
    self.logprob = logprob
    self.run = run
    self.created = created
  }

  /// The identity: prompt, text, model and settings.
  var hash: String {
    Fingerprint.of([
      "prompt": .string(prompt), "text": .string(text), "model": model.map(JSONValue.string) ?? nil,
      "sampling": sampling,
    ])
  }
}

/// A number given to one answer by a reward model or a rule.
public struct CompletionScore: Hashable, Sendable {
  /// The completion's id.
  public var completion: String
  /// The id of the model, or the name of the rule, that gave it.
  public var scorer: String
  public var score: Double

  public init(completion: String, scorer: String, score: Double) {
    self.completion = completion
    self.scorer = scorer
    self.score = score
  }
}

/// A question to annotators: which of two answers to a prompt is better?
public struct Comparison: Hashable, Sendable {
  public enum Origin: String, Hashable, Sendable, Codable, CaseIterable { case sampled, imported, written }

  public var id: String
  /// The prompt's id.
  public var prompt: String
  /// The id of answer a.
  public var completionA: String
  /// The id of answer b.
  public var completionB: String
  public var origin: Origin
  /// The run that made it.
  public var run: String?
  public var created: String

  public init(
    id: String = RecordID.make(.comparison), prompt: String, completionA: String, completionB: String, origin: Origin,
    run: String? = nil, created: String = Timestamp.now()
  ) {
    self.id = id
    self.prompt = prompt
    self.completionA = completionA
    self.completionB = completionB
    self.origin = origin
    self.run = run
    self.created = created
  }
}
