import GRDB

extension Chunk: RowReadable {
  init(_ row: Row) throws {
    self.init(
      id: row["id"], document: row["document"], ordinal: row["ordinal"], range: Range(stored: row["start"], row["end"]),
      headingPath: try row.json("heading_path").strings, hash: row["hash"])
  }
}

extension FilterScore: RowReadable {
  init(_ row: Row) throws {
    let spans: String? = row["spans"]
    let ranges = try spans.map { try JSONValue(parsing: $0).array ?? [] } ?? []
    self.init(
      document: row["document"], filter: row["filter"], score: row["score"],
      spans: ranges.compactMap { range in
        guard let ends = range.array, ends.count == 2, let start = ends[0].int, let end = ends[1].int else {
          return nil
        }
        return Range(stored: start, end)
      })
  }
}

extension Store {
  /// Adds chunks; one with the document and ordinal of an earlier one takes its place and its id.
  /// - Returns: the ids as stored, in the order given.
  @discardableResult
  public func addChunks(_ chunks: [Chunk]) throws -> [Added] {
    try write { db in
      try chunks.map { chunk in
        let known = try db.value(
          String.self, "SELECT id FROM chunk WHERE document = ? AND ordinal = ?", [chunk.document, chunk.ordinal])
        try db.run(
          """
          INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET
            start = excluded.start, "end" = excluded."end", heading_path = excluded.heading_path, hash = excluded.hash
          """,
          [
            known ?? chunk.id, chunk.document, chunk.ordinal, chunk.range.lowerBound, chunk.range.upperBound,
            JSONValue.array(chunk.headingPath.map(JSONValue.string)).canonical, chunk.hash,
          ])
        return Added(id: known ?? chunk.id, isNew: known == nil)
      }
    }
  }

  /// Deletes the chunks of a document from an ordinal on, after a new cut made fewer.
  public func deleteChunks(ofDocument document: String, fromOrdinal ordinal: Int = 0) throws {
    try write { db in
      try db.run("DELETE FROM chunk WHERE document = ? AND ordinal >= ?", [document, ordinal])
    }
  }

  /// The chunks of a document, in order.
  public func chunks(ofDocument document: String) throws -> [Chunk] {
    try read { db in
      try db.all(Chunk.self, "SELECT * FROM chunk WHERE document = ? ORDER BY ordinal", [document])
    }
  }

  /// The chunk with this id.
  public func chunk(id: String) throws -> Chunk? {
    try read { db in try db.first(Chunk.self, "SELECT * FROM chunk WHERE id = ?", [id]) }
  }

  /// Records what filters measured; a filter's earlier measure of the same document is replaced.
  public func recordFilterScores(_ scores: [FilterScore]) throws {
    try write { db in
      for score in scores {
        let spans = JSONValue.array(score.spans.map { [.int($0.lowerBound), .int($0.upperBound)] })
        try db.run(
          "INSERT OR REPLACE INTO filter_score VALUES (?, ?, ?, ?)",
          [score.document, score.filter, score.score, score.spans.isEmpty ? nil : spans.canonical])
      }
    }
  }

  /// What filters measured on a document.
  public func filterScores(ofDocument document: String) throws -> [FilterScore] {
    try read { db in
      try db.all(FilterScore.self, "SELECT * FROM filter_score WHERE document = ? ORDER BY filter", [document])
    }
  }
}
