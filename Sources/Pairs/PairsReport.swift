import Store

/// What a run of the pairs stage found: every candidate is kept or rejected for a named reason.
public struct PairsReport: Sendable, Equatable {
  /// Documents read.
  public var documents = 0
  public var candidates = 0
  /// Kept pairs by rule, language and split.
  public var kept: [Cell: Int] = [:]
  /// Rejected candidates by rule and reason.
  public var rejected: [Refusal: Int] = [:]
  /// Pairs that were not in the store before.
  public var added = 0
  /// Pairs of earlier runs that this one no longer makes.
  public var superseded = 0
  /// True when nothing had changed since the last run, and nothing was done.
  public var wasUpToDate = false

  public struct Cell: Hashable, Sendable {
    public var rule: PairCandidate.Rule
    public var language: PairLanguage
    public var split: Split
  }

  public struct Refusal: Hashable, Sendable {
    public var rule: PairCandidate.Rule
    public var reason: PairRejection
  }

  public init() {}

  public var keptCount: Int { kept.values.reduce(0, +) }
  public var rejectedCount: Int { rejected.values.reduce(0, +) }

  /// Kept pairs of a rule, a language or a split; nil stands for all.
  public func kept(rule: PairCandidate.Rule? = nil, language: PairLanguage? = nil, split: Split? = nil) -> Int {
    kept.reduce(0) { sum, cell in
      let matches =
        (rule ?? cell.key.rule) == cell.key.rule && (language ?? cell.key.language) == cell.key.language
        && (split ?? cell.key.split) == cell.key.split
      return sum + (matches ? cell.value : 0)
    }
  }

  mutating func count(_ candidate: PairCandidate, _ split: Split) {
    candidates += 1
    if let reason = candidate.rejection {
      rejected[Refusal(rule: candidate.rule, reason: reason), default: 0] += 1
    } else {
      kept[Cell(rule: candidate.rule, language: candidate.language, split: split), default: 0] += 1
    }
  }

  /// The report as JSON, as printed by --json and stored with the stage's result.
  public var json: JSONValue {
    func sorted(_ rows: [JSONValue]) -> JSONValue { .array(rows.sorted { $0.canonical < $1.canonical }) }
    return [
      "documents": .int(documents), "candidates": .int(candidates), "kept": .int(keptCount),
      "rejected": .int(rejectedCount), "added": .int(added), "superseded": .int(superseded),
      "up_to_date": .bool(wasUpToDate),
      "kept_by": sorted(
        kept.map { cell, count in
          [
            "rule": .string(cell.rule.rawValue), "language": .string(cell.language.rawValue),
            "split": .string(cell.split.rawValue), "count": .int(count),
          ]
        }),
      "rejected_by": sorted(
        rejected.map { refusal, count in
          ["rule": .string(refusal.rule.rawValue), "reason": .string(refusal.reason.rawValue), "count": .int(count)]
        }),
    ]
  }

  /// Reads a stored report.
  init(stored json: JSONValue) {
    documents = json["documents"]?.int ?? 0
    candidates = json["candidates"]?.int ?? 0
    for row in json["kept_by"]?.array ?? [] {
      guard let rule = row["rule"]?.string.flatMap(PairCandidate.Rule.init(rawValue:)),
        let language = row["language"]?.string.flatMap(PairLanguage.init(rawValue:)),
        let split = row["split"]?.string.flatMap(Split.init(rawValue:))
      else { continue }
      kept[Cell(rule: rule, language: language, split: split)] = row["count"]?.int ?? 0
    }
    for row in json["rejected_by"]?.array ?? [] {
      guard let rule = row["rule"]?.string.flatMap(PairCandidate.Rule.init(rawValue:)),
        let reason = row["reason"]?.string.flatMap(PairRejection.init(rawValue:))
      else { continue }
      rejected[Refusal(rule: rule, reason: reason)] = row["count"]?.int ?? 0
    }
  }
}
