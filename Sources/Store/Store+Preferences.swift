import GRDB

/// A preference to train on: of two answers to a prompt, the one that annotators chose.
public struct Preference: Hashable, Sendable {
  /// The comparison's id, for what a step read.
  public var comparison: String
  public var prompt: Prompt
  public var chosen: Completion
  public var rejected: Completion
  /// How many annotators preferred the chosen answer, and the other one.
  public var votes: Int
  public var opposed: Int
  /// The mean strength that the majority gave, where it gave any.
  public var strength: Double?

  public init(
    comparison: String, prompt: Prompt, chosen: Completion, rejected: Completion, votes: Int = 1, opposed: Int = 0,
    strength: Double? = nil
  ) {
    self.comparison = comparison
    self.prompt = prompt
    self.chosen = chosen
    self.rejected = rejected
    self.votes = votes
    self.opposed = opposed
    self.strength = strength
  }
}

/// Whose judgements make preferences; nil stands for all.
public struct PreferenceFilter: Hashable, Sendable {
  public var split: Split?
  public var annotatorKind: Annotator.Kind?
  public var annotatorName: String?
  /// The run that made the comparisons.
  public var run: String?

  public init(
    split: Split? = nil, annotatorKind: Annotator.Kind? = nil, annotatorName: String? = nil, run: String? = nil
  ) {
    self.split = split
    self.annotatorKind = annotatorKind
    self.annotatorName = annotatorName
    self.run = run
  }
}

extension Store {
  /// Preferences by majority of the standing judgements, in order of the comparisons' making.
  ///
  /// Ties, "both bad" and skips count for neither answer; a comparison with as many votes for as against is left out.
  public func preferences(_ filter: PreferenceFilter = PreferenceFilter()) throws -> [Preference] {
    let rows = try read { db in
      try Row.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT j.comparison, sum(j.verdict = 'a') AS a, sum(j.verdict = 'b') AS b,
              avg(CASE WHEN j.verdict = 'a' THEN j.strength END) AS strength_a,
              avg(CASE WHEN j.verdict = 'b' THEN j.strength END) AS strength_b
            FROM current_judgement AS j
            JOIN annotator AS n ON n.id = j.annotator
            JOIN comparison AS c ON c.id = j.comparison
            JOIN prompt AS p ON p.id = c.prompt
            WHERE j.verdict IN ('a', 'b')
              AND (?1 IS NULL OR p.split = ?1) AND (?2 IS NULL OR n.kind = ?2) AND (?3 IS NULL OR n.name = ?3)
              AND (?4 IS NULL OR c.run = ?4)
            GROUP BY j.comparison HAVING a <> b ORDER BY j.comparison
            """),
        arguments: [filter.split?.rawValue, filter.annotatorKind?.rawValue, filter.annotatorName, filter.run])
    }
    return try rows.map { row in
      let (id, a, b): (String, Int, Int) = (row["comparison"], row["a"], row["b"])
      guard let comparison = try comparison(id: id) else { throw StoreError.notFound(id: id) }
      let item = try labelItem(comparison)
      return Preference(
        comparison: id, prompt: item.prompt, chosen: a > b ? item.answerA : item.answerB,
        rejected: a > b ? item.answerB : item.answerA, votes: max(a, b), opposed: min(a, b),
        strength: a > b ? row["strength_a"] : row["strength_b"])
    }
  }
}
