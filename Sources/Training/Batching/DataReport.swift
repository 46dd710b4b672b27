/// What became of the rows that a trainer was given: kept, cut or refused, never silently.
public struct DataReport: Codable, Sendable, Hashable {
  public var rows = 0
  public var kept = 0
  public var tokens = 0
  public var targets = 0
  /// Rows longer than the maximum length, which lost their right end.
  public var cut = 0
  /// Cut rows that lost their last target, so that they do not teach where to stop.
  public var lostEnd = 0
  public var refused: Int { reasons.values.reduce(0, +) }
  /// Rows that were left out, and why.
  public private(set) var refusedIDs: [String: String] = [:]
  /// How many rows each reason refused.
  public private(set) var reasons: [String: Int] = [:]

  public init() {}

  mutating func refuse(_ id: String, _ reason: String) {
    refusedIDs[id] = reason
    reasons[reason, default: 0] += 1
  }

  /// One line that says what was lost; nil when nothing was.
  public var summary: String? {
    guard cut > 0 || refused > 0 else { return nil }
    var parts = ["\(kept) of \(rows) rows kept"]
    if cut > 0 { parts.append("\(cut) cut to the maximum length, of which \(lostEnd) lost their end") }
    if refused > 0 {
      let reasons = reasons.sorted { $0.key < $1.key }
      parts.append("\(refused) refused: " + reasons.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
    }
    return parts.joined(separator: "; ")
  }
}
