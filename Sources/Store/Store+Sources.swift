import GRDB

extension Source: RowReadable {
  init(_ row: Row) throws {
    self.init(
      id: row["id"], hash: row["hash"], bytes: row["bytes"], mediaType: row["media_type"], encoding: row["encoding"],
      licence: row["licence"], purpose: try row.choice("purpose"), created: row["created"])
  }
}

extension SourceLocation: RowReadable {
  init(_ row: Row) {
    self.init(
      source: row["source"], uri: row["uri"], modified: row["modified"], size: row["size"],
      isCurrent: row["is_current"], seen: row["seen"])
  }
}

extension IngestFailure: RowReadable {
  init(_ row: Row) {
    self.init(uri: row["uri"], source: row["source"], reason: row["reason"], created: row["created"])
  }
}

extension Store {
  /// Adds a source, or finds the one with the same bytes.
  @discardableResult
  public func addSource(_ source: Source) throws -> Added {
    try write { db in
      if let id = try db.id(in: "source", where: "hash", is: source.hash) { return Added(id: id, isNew: false) }
      try db.run(
        "INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
          source.id, source.hash, source.bytes, source.mediaType, source.encoding, source.licence,
          source.purpose.rawValue, source.created,
        ])
      return Added(id: source.id, isNew: true)
    }
  }

  /// Records that a name stands for a source's bytes now; it stands for no other from then on.
  public func recordLocation(_ location: SourceLocation) throws {
    try write { db in
      try db.run(
        "UPDATE source_location SET is_current = 0 WHERE uri = ? AND source <> ? AND is_current = 1",
        [location.uri, location.source])
      try db.run(
        """
        INSERT INTO source_location VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (source, uri) DO UPDATE SET
          modified = excluded.modified, size = excluded.size, is_current = excluded.is_current, seen = excluded.seen
        """,
        [
          location.source, location.uri, location.modified, location.size, location.isCurrent, location.seen,
        ])
    }
  }

  /// Records a name that could not be read or extracted; the last reason counts.
  public func recordFailure(_ failure: IngestFailure) throws {
    try write { db in
      try db.run(
        """
        INSERT INTO ingest_failure VALUES (?, ?, ?, ?)
        ON CONFLICT (uri) DO UPDATE SET
          source = excluded.source, reason = excluded.reason, created = excluded.created
        """,
        [failure.uri, failure.source, failure.reason, failure.created])
    }
  }

  /// Forgets that a name failed, after it succeeded.
  public func clearFailure(uri: String) throws {
    try write { db in try db.run("DELETE FROM ingest_failure WHERE uri = ?", [uri]) }
  }

  /// All names that failed, in order of name.
  public func failures() throws -> [IngestFailure] {
    try read { db in try db.all(IngestFailure.self, "SELECT * FROM ingest_failure ORDER BY uri") }
  }

  /// What is known of a name that failed.
  public func failure(uri: String) throws -> IngestFailure? {
    try read { db in try db.first(IngestFailure.self, "SELECT * FROM ingest_failure WHERE uri = ?", [uri]) }
  }

  /// The source with this id.
  public func source(id: String) throws -> Source? {
    try read { db in try db.first(Source.self, "SELECT * FROM source WHERE id = ?", [id]) }
  }

  /// The source with these bytes.
  public func source(hash: String) throws -> Source? {
    try read { db in try db.first(Source.self, "SELECT * FROM source WHERE hash = ?", [hash]) }
  }

  /// All sources in order of their making.
  public func sources(purpose: Source.Purpose? = nil) throws -> [Source] {
    try read { db in
      try db.all(
        Source.self, "SELECT * FROM source WHERE ?1 IS NULL OR purpose = ?1 ORDER BY id", [purpose?.rawValue])
    }
  }

  /// What a name stands for now.
  public func location(uri: String) throws -> SourceLocation? {
    try read { db in
      try db.first(
        SourceLocation.self, "SELECT * FROM source_location WHERE uri = ? AND is_current = 1", [uri])
    }
  }

  /// Every name of a source, former ones included.
  public func locations(ofSource source: String) throws -> [SourceLocation] {
    try read { db in
      try db.all(SourceLocation.self, "SELECT * FROM source_location WHERE source = ? ORDER BY uri", [source])
    }
  }
}
