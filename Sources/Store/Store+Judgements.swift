import GRDB

extension Annotator: RowReadable {
  init(_ row: Row) throws {
    self.init(
      id: row["id"], name: row["name"], kind: try row.choice("kind"), version: row["version"], created: row["created"])
  }
}

extension Judgement: RowReadable {
  init(_ row: Row) throws {
    let undone: String? = row["undoes"]
    self.init(
      id: row["id"], comparison: row["comparison"], annotator: row["annotator"],
      event: try undone.map(Event.undo) ?? .judge(row.choice("verdict")), aFirst: row["a_first"],
      strength: row["strength"], comment: row["comment"], milliseconds: row["milliseconds"], created: row["created"])
  }
}

extension Store {
  /// The annotator of this name, kind and version; made when there is none.
  public func annotator(name: String, kind: Annotator.Kind, version: String = "") throws -> Annotator {
    try write { db in
      let arguments: StatementArguments = [name, kind.rawValue, version]
      let query = "SELECT * FROM annotator WHERE name = ? AND kind = ? AND version = ?"
      if let known = try db.first(Annotator.self, query, arguments) { return known }
      let annotator = Annotator(name: name, kind: kind, version: version)
      try db.run(
        "INSERT INTO annotator VALUES (?, ?, ?, ?, ?)",
        [annotator.id, name, kind.rawValue, version, annotator.created])
      return annotator
    }
  }

  /// All annotators, in order of their making.
  public func annotators(kind: Annotator.Kind? = nil) throws -> [Annotator] {
    try read { db in
      try db.all(
        Annotator.self, "SELECT * FROM annotator WHERE ?1 IS NULL OR kind = ?1 ORDER BY id", [kind?.rawValue])
    }
  }

  /// The annotator with this id.
  public func annotator(id: String) throws -> Annotator? {
    try read { db in try db.first(Annotator.self, "SELECT * FROM annotator WHERE id = ?", [id]) }
  }

  /// Appends judging and undoing events; durable when it returns.
  public func recordJudgements(_ judgements: [Judgement]) throws {
    try write { db in
      for judgement in judgements {
        var undone: String?
        if case .undo(let id) = judgement.event { undone = id }
        try db.run(
          """
          INSERT INTO judgement (
            id, comparison, annotator, event, verdict, a_first, strength, comment, milliseconds, undoes, created
          ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
          [
            judgement.id, judgement.comparison, judgement.annotator, undone == nil ? "judge" : "undo",
            judgement.verdict?.rawValue, judgement.aFirst, judgement.strength, judgement.comment,
            judgement.milliseconds, undone, judgement.created,
          ])
      }
    }
  }

  /// Takes back the annotator's last standing judgement.
  /// - Returns: the judgement taken back; nil when there is none.
  @discardableResult
  public func undoLastJudgement(annotator: String) throws -> Judgement? {
    try atomically {
      let last = try read { db in
        try db.first(
          Judgement.self, "SELECT * FROM current_judgement WHERE annotator = ? ORDER BY number DESC LIMIT 1",
          [annotator])
      }
      guard let last else { return nil }
      try recordJudgements([
        Judgement(comparison: last.comparison, annotator: annotator, event: .undo(last.id))
      ])
      return last
    }
  }

  /// Every event on a comparison, oldest first.
  public func judgementEvents(comparison: String) throws -> [Judgement] {
    try read { db in
      try db.all(Judgement.self, "SELECT * FROM judgement WHERE comparison = ? ORDER BY number", [comparison])
    }
  }

  /// The judgement with this id.
  public func judgement(id: String) throws -> Judgement? {
    try read { db in try db.first(Judgement.self, "SELECT * FROM judgement WHERE id = ?", [id]) }
  }

  /// The annotator's standing judgement on a comparison.
  public func currentJudgement(comparison: String, annotator: String) throws -> Judgement? {
    try read { db in
      try db.first(
        Judgement.self, "SELECT * FROM current_judgement WHERE comparison = ? AND annotator = ?",
        [comparison, annotator])
    }
  }

  /// All standing judgements, oldest first; nil stands for all.
  public func currentJudgements(annotator: String? = nil, kind: Annotator.Kind? = nil) throws -> [Judgement] {
    try read { db in
      try db.all(
        Judgement.self,
        """
        SELECT j.* FROM current_judgement AS j JOIN annotator AS n ON n.id = j.annotator
        WHERE (?1 IS NULL OR j.annotator = ?1) AND (?2 IS NULL OR n.kind = ?2) ORDER BY j.number
        """, [annotator, kind?.rawValue])
    }
  }
}
