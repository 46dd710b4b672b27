/// Who judges. People, rules, imported labels and models are never mixed up.
public struct Annotator: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable { case person, rule, imported, model }

  public var id: String
  public var name: String
  public var kind: Kind
  /// The version of a rule or model; empty for people.
  public var version: String
  public var created: String

  public init(
    id: String = RecordID.make(.annotator), name: String, kind: Kind, version: String = "",
    created: String = Timestamp.now()
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.version = version
    self.created = created
  }
}

/// What an annotator says about a comparison.
public enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
  case a, b, tie
  case bothBad = "both_bad"
  case skip

  /// The verdict with the two answers' names exchanged.
  public var mirrored: Verdict {
    switch self {
    case .a: .b
    case .b: .a
    case .tie, .bothBad, .skip: self
    }
  }
}

/// One event of the append-only record of judgements.
public struct Judgement: Hashable, Sendable {
  public enum Event: Hashable, Sendable {
    case judge(Verdict)
    /// Takes back the judgement with this id.
    case undo(String)
  }

  public var id: String
  /// The comparison's id.
  public var comparison: String
  /// The annotator's id.
  public var annotator: String
  public var event: Event
  /// Whether answer a was shown first (left or on top); nil when nothing was shown.
  public var aFirst: Bool?
  /// How clear the preference is, 1 (slightly) to 3 (much).
  public var strength: Int?
  public var comment: String?
  /// The time from showing to answering.
  public var milliseconds: Int?
  public var created: String

  /// The verdict of a judging event.
  public var verdict: Verdict? { if case .judge(let verdict) = event { verdict } else { nil } }

  public init(
    id: String = RecordID.make(.judgement), comparison: String, annotator: String, event: Event, aFirst: Bool? = nil,
    strength: Int? = nil, comment: String? = nil, milliseconds: Int? = nil, created: String = Timestamp.now()
  ) {
    self.id = id
    self.comparison = comparison
    self.annotator = annotator
    self.event = event
    self.aFirst = aFirst
    self.strength = strength
    self.comment = comment
    self.milliseconds = milliseconds
    self.created = created
  }
}
