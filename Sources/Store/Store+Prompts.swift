import GRDB

extension Prompt: RowReadable {
  init(_ row: Row) throws {
    self.init(
      id: row["id"], messages: try row.messages("messages"), origin: row["origin"], language: row["language"],
      split: try row.choice("split"), pair: row["pair"], created: row["created"])
  }
}

extension ImportRecord: RowReadable {
  init(_ row: Row) throws {
    self.init(
      source: row["source"], ordinal: row["ordinal"], range: Range(stored: row["start"], row["end"]),
      outcome: try row.choice("outcome"), target: row["target"], reason: row["reason"])
  }
}

extension Store {
  /// Adds prompts; the same messages stay one row, which keeps its split.
  /// - Returns: the ids as stored, in the order given.
  @discardableResult
  public func addPrompts(_ prompts: [Prompt]) throws -> [Added] {
    try write { db in
      try prompts.map { prompt in
        if let known = try db.id(in: "prompt", where: "hash", is: prompt.hash) {
          return Added(id: known, isNew: false)
        }
        try db.run(
          "INSERT INTO prompt VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          [
            prompt.id, prompt.hash, prompt.messages.canonicalJSON, prompt.origin, prompt.language,
            prompt.split.rawValue, prompt.pair, prompt.created,
          ])
        return Added(id: prompt.id, isNew: true)
      }
    }
  }

  /// The prompt with this id.
  public func prompt(id: String) throws -> Prompt? {
    try read { db in try db.first(Prompt.self, "SELECT * FROM prompt WHERE id = ?", [id]) }
  }

  /// The prompt with these messages.
  public func prompt(hash: String) throws -> Prompt? {
    try read { db in try db.first(Prompt.self, "SELECT * FROM prompt WHERE hash = ?", [hash]) }
  }

  /// Prompts in order of their making; nil stands for all.
  public func prompts(split: Split? = nil, origin: String? = nil) throws -> [Prompt] {
    try read { db in
      try db.all(
        Prompt.self,
        "SELECT * FROM prompt WHERE (?1 IS NULL OR split = ?1) AND (?2 IS NULL OR origin = ?2) ORDER BY id",
        [split?.rawValue, origin])
    }
  }

  /// Records what became of the records of an imported data set; an earlier account of the same record is replaced.
  public func recordImports(_ records: [ImportRecord]) throws {
    try write { db in
      for record in records {
        try db.run(
          "INSERT OR REPLACE INTO import_record VALUES (?, ?, ?, ?, ?, ?, ?)",
          [
            record.source, record.ordinal, record.range.lowerBound, record.range.upperBound, record.outcome.rawValue,
            record.target, record.reason,
          ])
      }
    }
  }

  /// What became of each record of a data set, in order.
  public func imports(ofSource source: String) throws -> [ImportRecord] {
    try read { db in
      try db.all(ImportRecord.self, "SELECT * FROM import_record WHERE source = ? ORDER BY ordinal", [source])
    }
  }

  /// The imported records that a row holds.
  public func imports(target: String) throws -> [ImportRecord] {
    try read { db in
      try db.all(
        ImportRecord.self, "SELECT * FROM import_record WHERE target = ? ORDER BY source, ordinal", [target])
    }
  }
}
