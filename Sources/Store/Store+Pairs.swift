import GRDB

extension Pair: RowReadable {
  init(_ row: Row) throws {
    self.init(
      id: row["id"], messages: try row.messages("messages"), kind: row["kind"], origin: try row.choice("origin"),
      rule: row["rule"], language: row["language"], split: try row.choice("split"),
      invalidReason: row["invalid_reason"], created: row["created"])
  }
}

extension PairSource: RowReadable {
  init(_ row: Row) throws {
    self.init(
      pair: row["pair"], role: try row.choice("role"), document: row["document"], chunk: row["chunk"],
      range: Range(stored: row["start"], row["end"]))
  }
}

/// Which pairs a query means; nil stands for all.
public struct PairFilter: Hashable, Sendable {
  public var split: Split?
  public var origin: Pair.Origin?
  public var language: String?
  /// Usable ones, refused ones, or both (nil).
  public var valid: Bool?

  public init(split: Split? = nil, origin: Pair.Origin? = nil, language: String? = nil, valid: Bool? = true) {
    self.split = split
    self.origin = origin
    self.language = language
    self.valid = valid
  }

  var arguments: StatementArguments { [split?.rawValue, origin?.rawValue, language, valid] }

  static let condition = """
    (?1 IS NULL OR split = ?1) AND (?2 IS NULL OR origin = ?2) AND (?3 IS NULL OR language = ?3)
      AND (?4 IS NULL OR (invalid_reason IS NULL) = ?4)
    """
}

/// How many pairs of one kind there are.
public struct PairCount: Hashable, Sendable {
  public var origin: Pair.Origin
  public var rule: String?
  public var language: String?
  public var split: Split
  public var invalidReason: String?
  public var count: Int
}

extension Store {
  /// Adds pairs with the characters they were taken from; the same conversation stays one row.
  ///
  /// A pair that was there keeps its id and split, gains the new sources, and becomes valid or not as given now.
  /// - Returns: the ids as stored, in the order given.
  @discardableResult
  public func addPairs(_ pairs: [Pair], sources: [PairSource] = []) throws -> [Added] {
    try write { db in
      var stored: [String: String] = [:]
      let added = try pairs.map { pair in
        let known = try db.id(in: "pair", where: "hash", is: pair.hash)
        stored[pair.id] = known ?? pair.id
        if let known {
          try db.run("UPDATE pair SET invalid_reason = ? WHERE id = ?", [pair.invalidReason, known])
          return Added(id: known, isNew: false)
        }
        try db.run(
          "INSERT INTO pair VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          [
            pair.id, pair.hash, pair.messages.canonicalJSON, pair.kind, pair.origin.rawValue, pair.rule, pair.language,
            pair.split.rawValue, pair.invalidReason, pair.created,
          ])
        return Added(id: pair.id, isNew: true)
      }
      for source in sources {
        try db.run(
          "INSERT OR REPLACE INTO pair_source VALUES (?, ?, ?, ?, ?, ?)",
          [
            stored[source.pair] ?? source.pair, source.role.rawValue, source.document, source.chunk,
            source.range.lowerBound, source.range.upperBound,
          ])
      }
      return added
    }
  }

  /// Forgets from which characters of a document pairs were taken, before it says so anew.
  public func removeSources(ofPairs pairs: [String], inDocument document: String) throws {
    try write { db in
      for pair in pairs {
        try db.run("DELETE FROM pair_source WHERE pair = ? AND document = ?", [pair, document])
      }
    }
  }

  /// Marks the pairs of an origin that a new run of their stage no longer makes as invalid: `superseded`.
  ///
  /// Refused ones are marked as well, so that the counts of reasons are those of the last run.
  /// - Parameter keeping: the ids the new run made or found again.
  /// - Returns: how many were marked.
  @discardableResult
  public func supersedePairs(origin: Pair.Origin, keeping: Set<String>) throws -> Int {
    try write { db in
      let ids = try String.fetchAll(
        db, sql: "SELECT id FROM pair WHERE origin = ? AND invalid_reason IS NOT 'superseded'",
        arguments: [origin.rawValue])
      let stale = ids.filter { !keeping.contains($0) }
      for id in stale { try db.run("UPDATE pair SET invalid_reason = 'superseded' WHERE id = ?", [id]) }
      return stale.count
    }
  }

  /// Changes the split of pairs.
  public func setSplits(_ splits: [String: Split]) throws {
    try write { db in
      for (id, split) in splits { try db.run("UPDATE pair SET split = ? WHERE id = ?", [split.rawValue, id]) }
    }
  }

  /// Marks a pair as unusable for a reason, or as usable (nil).
  public func setPairInvalid(id: String, reason: String?) throws {
    try write { db in try db.run("UPDATE pair SET invalid_reason = ? WHERE id = ?", [reason, id]) }
  }

  /// The pair with this id.
  public func pair(id: String) throws -> Pair? {
    try read { db in try db.first(Pair.self, "SELECT * FROM pair WHERE id = ?", [id]) }
  }

  /// The pair with these messages.
  public func pair(hash: String) throws -> Pair? {
    try read { db in try db.first(Pair.self, "SELECT * FROM pair WHERE hash = ?", [hash]) }
  }

  /// Pairs in order of their making.
  public func pairs(_ filter: PairFilter = PairFilter()) throws -> [Pair] {
    try read { db in
      try db.all(Pair.self, "SELECT * FROM pair WHERE \(PairFilter.condition) ORDER BY id", filter.arguments)
    }
  }

  /// The characters that a pair was taken from.
  public func sources(ofPair pair: String) throws -> [PairSource] {
    try read { db in
      try db.all(PairSource.self, "SELECT * FROM pair_source WHERE pair = ? ORDER BY role, document, start", [pair])
    }
  }

  /// How many pairs there are of each origin, rule, language, split and state.
  public func pairCounts() throws -> [PairCount] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT origin, rule, language, split, invalid_reason, count(*) AS count FROM pair
          GROUP BY origin, rule, language, split, invalid_reason
          ORDER BY origin, rule, language, split, invalid_reason
          """
      ).map { row in
        PairCount(
          origin: try row.choice("origin"), rule: row["rule"], language: row["language"],
          split: try row.choice("split"), invalidReason: row["invalid_reason"], count: row["count"])
      }
    }
  }
}
