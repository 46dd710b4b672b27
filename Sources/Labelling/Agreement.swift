import Store

/// How far two annotators agree on the comparisons that both judged.
public struct Agreement: Hashable, Sendable {
  /// The annotators' ids.
  public var first: String
  public var second: String
  /// Comparisons that both judged; skips do not count.
  public var shared: Int
  /// On how many of them both said the same.
  public var same: Int
  /// Cohen's kappa, 1 for full agreement, 0 for chance; nil where chance alone would agree always.
  ///
  /// Source: J. Cohen, "A coefficient of agreement for nominal scales", 1960.
  public var kappa: Double?

  public init(first: String, second: String, verdicts: [(Verdict, Verdict)]) {
    self.first = first
    self.second = second
    shared = verdicts.count
    same = verdicts.count { $0.0 == $0.1 }
    let total = Double(shared)
    let expected = Verdict.allCases.reduce(0.0) { sum, verdict in
      let (one, two) = (verdicts.count { $0.0 == verdict }, verdicts.count { $0.1 == verdict })
      return sum + Double(one) / total * (Double(two) / total)
    }
    kappa = shared == 0 || expected >= 1 ? nil : (Double(same) / total - expected) / (1 - expected)
  }

  /// The agreement of every two annotators who judged a same comparison, in order of the annotators' making.
  /// - Throws: `StoreError`.
  public static func all(_ store: Store) throws -> [Agreement] {
    let annotators = try store.annotators()
    let verdicts = try annotators.map { try standingVerdicts(of: $0.id, in: store) }
    var all: [Agreement] = []
    for one in annotators.indices {
      for two in annotators.indices where two > one {
        let shared = verdicts[one].compactMap { comparison, verdict in
          verdicts[two][comparison].map { (verdict, $0) }
        }
        guard !shared.isEmpty else { continue }
        all.append(Agreement(first: annotators[one].id, second: annotators[two].id, verdicts: shared))
      }
    }
    return all
  }

  /// An annotator's verdicts by comparison, skips left out.
  private static func standingVerdicts(of annotator: String, in store: Store) throws -> [String: Verdict] {
    var verdicts: [String: Verdict] = [:]
    for judgement in try store.currentJudgements(annotator: annotator) {
      if let verdict = judgement.verdict, verdict != .skip { verdicts[judgement.comparison] = verdict }
    }
    return verdicts
  }
}
