import GRDB

extension Store {
  /// Accounts for every source, byte and document: kept, or lost for a named reason.
  public func conservation() throws -> ConservationReport {
    try read { db in
      var report: ConservationReport?
      // One transaction, so that a concurrent ingest cannot make the sums disagree.
      try db.inSavepoint {
        report = try Self.conservation(db)
        return .commit
      }
      guard let report else { throw StoreError.failed(path: path, detail: "the report was not made") }
      return report
    }
  }

  private static func conservation(_ db: Database) throws -> ConservationReport {
    let (sources, bytes) = try total(db, purpose: .documents)
    let (datasets, datasetBytes) = try total(db, purpose: .dataset)
    var outcomes = try self.outcomes(
      db,
      """
      SELECT iif(drop_reason IS NULL, 'kept', 'dropped: ' || drop_reason) AS name, count(*) AS count,
        sum(source_end - source_start) AS bytes
      FROM document GROUP BY 1 ORDER BY drop_reason IS NOT NULL, 1
      """)
    outcomes += try self.outcomes(
      db,
      """
      SELECT 'failed: ' || reason AS name, 0 AS count, sum(bytes) AS bytes
      FROM (
        SELECT s.bytes, min(f.reason) AS reason FROM source AS s JOIN ingest_failure AS f ON f.source = s.id
        WHERE s.purpose = 'documents' AND NOT EXISTS (SELECT 1 FROM document AS d WHERE d.source = s.id)
        GROUP BY s.id
      ) GROUP BY 1 ORDER BY 1
      """)
    var datasetOutcomes = try self.outcomes(
      db,
      """
      SELECT iif(reason IS NULL, outcome, 'refused: ' || reason) AS name, count(*) AS count,
        sum("end" - start) AS bytes
      FROM import_record GROUP BY 1 ORDER BY reason IS NOT NULL, 1
      """)
    let problems = try self.problems(db)
    // Bytes between documents (blank lines of JSONL, say) are told apart from bytes of sources without any outcome,
    // which are a problem and therefore missing from the sum.
    if problems.isEmpty {
      addBlank(to: &outcomes, total: bytes)
      addBlank(to: &datasetOutcomes, total: datasetBytes)
    }
    return ConservationReport(
      sources: sources, bytes: bytes, outcomes: outcomes, datasets: datasets, datasetBytes: datasetBytes,
      datasetOutcomes: datasetOutcomes,
      aliases: try db.value(
        Int.self,
        """
        SELECT coalesce(sum(n - 1), 0) FROM (
          SELECT count(*) AS n FROM source_location WHERE is_current = 1 GROUP BY source)
        """) ?? 0,
      unreadable: try String.fetchAll(
        db, sql: "SELECT uri || ': ' || reason FROM ingest_failure WHERE source IS NULL ORDER BY uri"),
      problems: problems)
  }

  private static func addBlank(to outcomes: inout [ConservationReport.Outcome], total: Int) {
    let rest = total - outcomes.reduce(0) { $0 + $1.bytes }
    if rest > 0 { outcomes.append(.init(name: "blank", count: 0, bytes: rest)) }
  }

  private static func total(_ db: Database, purpose: Source.Purpose) throws -> (count: Int, bytes: Int) {
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: "SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes FROM source WHERE purpose = ?"),
      arguments: [purpose.rawValue])
    return (row?["count"] ?? 0, row?["bytes"] ?? 0)
  }

  private static func outcomes(_ db: Database, _ sql: String) throws -> [ConservationReport.Outcome] {
    try Row.fetchAll(db, sql: sql).map { .init(name: $0["name"], count: $0["count"], bytes: $0["bytes"]) }
  }

  /// Sources without an outcome, and bytes that are counted twice or are not there.
  private static func problems(_ db: Database) throws -> [String] {
    let unaccounted = try String.fetchAll(
      db,
      sql: """
        SELECT s.id || ' has no outcome: neither documents nor a failure'
        FROM source AS s
        WHERE s.purpose = 'documents'
          AND NOT EXISTS (SELECT 1 FROM document AS d WHERE d.source = s.id)
          AND NOT EXISTS (SELECT 1 FROM ingest_failure AS f WHERE f.source = s.id)
        UNION ALL
        SELECT s.id || ' was imported, but has no records'
        FROM source AS s
        WHERE s.purpose = 'dataset' AND s.bytes > 0
          AND NOT EXISTS (SELECT 1 FROM import_record AS r WHERE r.source = s.id)
          AND NOT EXISTS (SELECT 1 FROM ingest_failure AS f WHERE f.source = s.id)
        """)
    let overlapping = try String.fetchAll(
      db,
      sql: """
        SELECT id || ' counts bytes of ' || source || ' that another document counts' FROM (
          SELECT id, source, source_start,
            max(source_end) OVER (
              PARTITION BY source ORDER BY source_start, ordinal
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
          FROM document)
        WHERE source_start < before
        UNION ALL
        SELECT 'record ' || ordinal || ' of ' || source || ' counts bytes that another record counts' FROM (
          SELECT ordinal, source, start,
            max("end") OVER (
              PARTITION BY source ORDER BY start, ordinal ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
          FROM import_record)
        WHERE start < before
        """)
    let beyond = try String.fetchAll(
      db,
      sql: """
        SELECT d.id || ' counts bytes beyond the end of ' || s.id
        FROM document AS d JOIN source AS s ON s.id = d.source WHERE d.source_end > s.bytes
        UNION ALL
        SELECT 'record ' || r.ordinal || ' counts bytes beyond the end of ' || s.id
        FROM import_record AS r JOIN source AS s ON s.id = r.source WHERE r."end" > s.bytes
        """)
    return unaccounted + overlapping + beyond
  }
}
