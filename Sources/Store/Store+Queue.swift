import GRDB

/// What an annotator is shown: a prompt and two answers.
public struct LabelItem: Hashable, Sendable {
  public var comparison: Comparison
  public var prompt: Prompt
  public var answerA: Completion
  public var answerB: Completion

  public init(comparison: Comparison, prompt: Prompt, answerA: Completion, answerB: Completion) {
    self.comparison = comparison
    self.prompt = prompt
    self.answerA = answerA
    self.answerB = answerB
  }
}

/// How far an annotator is.
public struct LabelProgress: Hashable, Sendable {
  /// Judged, skips not counted.
  public var judged: Int
  public var skipped: Int
  /// All comparisons in question.
  public var total: Int

  public init(judged: Int, skipped: Int, total: Int) {
    self.judged = judged
    self.skipped = skipped
    self.total = total
  }

  public var remaining: Int { total - judged - skipped }
}

extension Store {
  /// The oldest comparison that the annotator has neither judged nor skipped; nil when none is left.
  public func nextComparison(
    annotator: String, filter: ComparisonFilter = ComparisonFilter(origin: .sampled)
  ) throws -> LabelItem? {
    let next = try read { db in
      try db.first(
        Comparison.self,
        """
        SELECT c.* FROM comparison AS c JOIN prompt AS p ON p.id = c.prompt
        WHERE \(ComparisonFilter.condition)
          AND NOT EXISTS (SELECT 1 FROM current_judgement AS j WHERE j.comparison = c.id AND j.annotator = ?4)
        ORDER BY c.id LIMIT 1
        """, filter.arguments + [annotator])
    }
    return try next.map(labelItem)
  }

  /// A comparison with its prompt and answers.
  /// - Throws: `StoreError.notFound` when one of them is not there.
  public func labelItem(_ comparison: Comparison) throws -> LabelItem {
    guard let prompt = try prompt(id: comparison.prompt) else { throw StoreError.notFound(id: comparison.prompt) }
    guard let a = try completion(id: comparison.completionA) else {
      throw StoreError.notFound(id: comparison.completionA)
    }
    guard let b = try completion(id: comparison.completionB) else {
      throw StoreError.notFound(id: comparison.completionB)
    }
    return LabelItem(comparison: comparison, prompt: prompt, answerA: a, answerB: b)
  }

  /// How far the annotator is.
  public func labelProgress(
    annotator: String, filter: ComparisonFilter = ComparisonFilter(origin: .sampled)
  ) throws -> LabelProgress {
    try read { db in
      let row = try Row.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT count(*) AS total, count(j.id) AS answered, coalesce(sum(j.verdict = 'skip'), 0) AS skipped
            FROM comparison AS c JOIN prompt AS p ON p.id = c.prompt
            LEFT JOIN current_judgement AS j ON j.comparison = c.id AND j.annotator = ?4
            WHERE \(ComparisonFilter.condition)
            """), arguments: filter.arguments + [annotator])
      let (total, answered, skipped): (Int, Int, Int) = (
        row?["total"] ?? 0, row?["answered"] ?? 0, row?["skipped"] ?? 0
      )
      return LabelProgress(judged: answered - skipped, skipped: skipped, total: total)
    }
  }
}
