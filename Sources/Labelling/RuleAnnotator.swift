import Store

/// A scripted annotator: named, documented and versioned, stored as such and never mixed up with people.
public protocol RuleAnnotator: Sendable {
  var name: String { get }
  /// Changes whenever the rule may judge differently.
  var version: String { get }
  /// What the rule prefers, in words.
  var summary: String { get }

  /// Judges two answers to a prompt.
  func judge(prompt: [Message], a: String, b: String) -> Verdict

  /// Scores one answer; an answer that `judge` prefers has the higher score.
  func score(prompt: [Message], answer: String) -> RuleScore
}

/// A score with what it is made of.
public struct RuleScore: Hashable, Sendable {
  public var total: Double
  /// The parts by name, in order of weight.
  public var parts: [Part]

  public struct Part: Hashable, Sendable {
    public var name: String
    public var value: Double

    public init(name: String, value: Double) {
      self.name = name
      self.value = value
    }
  }

  public init(total: Double, parts: [Part]) {
    self.total = total
    self.parts = parts
  }

  /// The value of a part.
  public subscript(_ name: String) -> Double? { parts.first { $0.name == name }?.value }
}

/// All rule annotators.
public enum RuleAnnotators {
  public static let all: [any RuleAnnotator] = [ConciseRule()]

  /// The rule of this name.
  /// - Throws: `LabellingError.unknownRule`.
  public static func named(_ name: String) throws -> any RuleAnnotator {
    guard let rule = all.first(where: { $0.name == name }) else {
      throw LabellingError.unknownRule(name: name, known: all.map(\.name))
    }
    return rule
  }
}

extension RuleAnnotator {
  /// Judges every comparison that this rule, in this version, has not judged yet.
  /// - Parameters:
  ///   - limit: how many to judge at most.
  ///   - report: told how many are done, and of how many.
  /// - Returns: how often each verdict was given.
  /// - Throws: `StoreError`; what was judged before stays.
  @discardableResult
  public func label(
    _ store: Store, filter: ComparisonFilter = ComparisonFilter(origin: .sampled), limit: Int? = nil,
    report: (Int, Int) -> Void = { _, _ in }
  ) throws -> [Verdict: Int] {
    let annotator = try store.annotator(name: name, kind: .rule, version: version)
    let judged = Set(try store.currentJudgements(annotator: annotator.id).map(\.comparison))
    let open = try store.comparisons(filter).filter { !judged.contains($0.id) }.prefix(limit ?? .max)
    var counts: [Verdict: Int] = [:]
    var done = 0
    for start in stride(from: 0, to: open.count, by: 64) {
      let judgements = try open.dropFirst(start).prefix(64).map { comparison in
        let item = try store.labelItem(comparison)
        let verdict = judge(prompt: item.prompt.messages, a: item.answerA.text, b: item.answerB.text)
        counts[verdict, default: 0] += 1
        return Judgement(comparison: comparison.id, annotator: annotator.id, event: .judge(verdict))
      }
      try store.recordJudgements(judgements)
      done += judgements.count
      report(done, open.count)
    }
    return counts
  }
}
