import GRDB

extension Comparison: RowReadable {
  init(_ row: Row) throws {
    self.init(
      id: row["id"], prompt: row["prompt"], completionA: row["completion_a"], completionB: row["completion_b"],
      origin: try row.choice("origin"), run: row["run"], created: row["created"])
  }
}

/// Which comparisons a query means; nil stands for all.
public struct ComparisonFilter: Hashable, Sendable {
  public var origin: Comparison.Origin?
  /// The run that made them.
  public var run: String?
  /// The split of their prompts.
  public var split: Split?

  public init(origin: Comparison.Origin? = nil, run: String? = nil, split: Split? = nil) {
    self.origin = origin
    self.run = run
    self.split = split
  }

  var arguments: StatementArguments { [origin?.rawValue, run, split?.rawValue] }

  /// Over `comparison AS c` joined with `prompt AS p`.
  static let condition = """
    (?1 IS NULL OR c.origin = ?1) AND (?2 IS NULL OR c.run = ?2) AND (?3 IS NULL OR p.split = ?3)
    """
}

extension Store {
  /// Adds comparisons; the same two answers stay one row, whichever comes first.
  /// - Returns: the ids as stored, in the order given.
  @discardableResult
  public func addComparisons(_ comparisons: [Comparison]) throws -> [Added] {
    try write { db in
      try comparisons.map { comparison in
        let known = try db.value(
          String.self,
          """
          SELECT id FROM comparison
          WHERE min(completion_a, completion_b) = min(?1, ?2) AND max(completion_a, completion_b) = max(?1, ?2)
          """, [comparison.completionA, comparison.completionB])
        if let known { return Added(id: known, isNew: false) }
        try db.run(
          "INSERT INTO comparison VALUES (?, ?, ?, ?, ?, ?, ?)",
          [
            comparison.id, comparison.prompt, comparison.completionA, comparison.completionB,
            comparison.origin.rawValue, comparison.run, comparison.created,
          ])
        return Added(id: comparison.id, isNew: true)
      }
    }
  }

  /// Adds a preference that others judged: prompt, two answers, their comparison, and the importing judgement.
  /// - Parameters:
  ///   - prompt: the messages up to the answer.
  ///   - annotator: the name of the data set or its makers.
  /// - Returns: the comparison's id.
  /// - Throws: `StoreError.invalid` when both answers are the same.
  @discardableResult
  public func addImportedPreference(
    prompt: Prompt, chosen: String, rejected: String, annotator: String = "imported", strength: Int? = nil,
    comment: String? = nil
  ) throws -> Added {
    guard chosen != rejected else { throw StoreError.invalid("chosen and rejected are the same text") }
    return try atomically {
      let promptID = try addPrompts([prompt])[0].id
      let answers = try addCompletions([
        Completion(prompt: promptID, text: chosen), Completion(prompt: promptID, text: rejected),
      ])
      // Which answer is a says nothing about which was chosen: it follows from their ids, which sort by hash here.
      let isChosenFirst = ContentHash.of(chosen) < ContentHash.of(rejected)
      let (a, b) = isChosenFirst ? (answers[0].id, answers[1].id) : (answers[1].id, answers[0].id)
      let added = try addComparisons([Comparison(prompt: promptID, completionA: a, completionB: b, origin: .imported)])
      let judge = try self.annotator(name: annotator, kind: .imported)
      guard let comparison = try comparison(id: added[0].id) else { throw StoreError.notFound(id: added[0].id) }
      if try currentJudgement(comparison: comparison.id, annotator: judge.id) == nil {
        try recordJudgements([
          Judgement(
            comparison: comparison.id, annotator: judge.id,
            event: .judge(comparison.completionA == answers[0].id ? .a : .b), strength: strength, comment: comment)
        ])
      }
      return added[0]
    }
  }

  /// The comparison with this id.
  public func comparison(id: String) throws -> Comparison? {
    try read { db in try db.first(Comparison.self, "SELECT * FROM comparison WHERE id = ?", [id]) }
  }

  /// Comparisons in order of their making.
  public func comparisons(_ filter: ComparisonFilter = ComparisonFilter()) throws -> [Comparison] {
    try read { db in
      try db.all(
        Comparison.self,
        """
        SELECT c.* FROM comparison AS c JOIN prompt AS p ON p.id = c.prompt
        WHERE \(ComparisonFilter.condition) ORDER BY c.id
        """, filter.arguments)
    }
  }
}
