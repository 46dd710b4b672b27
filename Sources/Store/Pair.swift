/// Which part of the data a row belongs to.
public enum Split: String, Hashable, Sendable, Codable, CaseIterable {
  case train, validation, test
}

/// An instruction and its answer, or a longer conversation, to train on.
public struct Pair: Hashable, Sendable {
  /// How a pair came about.
  public enum Origin: String, Hashable, Sendable, Codable, CaseIterable {
    case minedFAQ = "mined-faq"
    case minedSection = "mined-section"
    case templateIdentity = "template-identity"
    case imported, written, generated
  }

  public var id: String
  /// The messages' hash; the identity.
  public var hash: String
  public var messages: [Message]
  public var kind: String
  public var origin: Origin
  /// The named rule that found or made it, with its version.
  public var rule: String?
  public var language: String?
  public var split: Split
  /// Why the pair is not used; nil for a valid one.
  public var invalidReason: String?
  public var created: String

  public var isValid: Bool { invalidReason == nil }

  public init(
    id: String = RecordID.make(.pair), messages: [Message], kind: String = "sft", origin: Origin, rule: String? = nil,
    language: String? = nil, split: Split, invalidReason: String? = nil, created: String = Timestamp.now()
  ) {
    self.id = id
    self.hash = messages.contentHash
    self.messages = messages
    self.kind = kind
    self.origin = origin
    self.rule = rule
    self.language = language
    self.split = split
    self.invalidReason = invalidReason
    self.created = created
  }
}

/// The stretch of a document that a pair's prompt or response was taken from.
public struct PairSource: Hashable, Sendable {
  public enum Role: String, Hashable, Sendable { case prompt, response }

  /// The pair's id.
  public var pair: String
  public var role: Role
  /// The document's id.
  public var document: String
  /// The chunk's id.
  public var chunk: String?
  /// UTF-8 bytes of the document's text.
  public var range: Range<Int>

  public init(pair: String, role: Role, document: String, chunk: String? = nil, range: Range<Int>) {
    self.pair = pair
    self.role = role
    self.document = document
    self.chunk = chunk
    self.range = range
  }
}

/// A conversation up to the point where the assistant speaks.
public struct Prompt: Hashable, Sendable {
  public var id: String
  /// The messages' hash; the identity.
  public var hash: String
  public var messages: [Message]
  /// Where it came from: `pair`, `imported`, `written` or `recipe`.
  public var origin: String
  public var language: String?
  public var split: Split
  /// The pair whose question it is.
  public var pair: String?
  public var created: String

  public init(
    id: String = RecordID.make(.prompt), messages: [Message], origin: String, language: String? = nil, split: Split,
    pair: String? = nil, created: String = Timestamp.now()
  ) {
    self.id = id
    self.hash = messages.contentHash
    self.messages = messages
    self.origin = origin
    self.language = language
    self.split = split
    self.pair = pair
    self.created = created
  }
}

/// What became of one record of an imported data set.
public struct ImportRecord: Hashable, Sendable {
  public enum Outcome: String, Hashable, Sendable { case pair, comparison, prompt, completion, refused }

  /// The data set's source id.
  public var source: String
  /// The record's place in its file, from 0.
  public var ordinal: Int
  /// The record's bytes within the source.
  public var range: Range<Int>
  public var outcome: Outcome
  /// The id of the row that holds the record; nil for a refused one.
  public var target: String?
  /// Why the record was refused.
  public var reason: String?

  public init(
    source: String, ordinal: Int, range: Range<Int>, outcome: Outcome, target: String? = nil, reason: String? = nil
  ) {
    self.source = source
    self.ordinal = ordinal
    self.range = range
    self.outcome = outcome
    self.target = target
    self.reason = reason
  }
}
