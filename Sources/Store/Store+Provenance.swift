import Foundation
import GRDB

/// What a run learnt from: how many rows of each type, and the sources below them.
public struct RunData: Hashable, Sendable {
  /// One source in a few words.
  public struct Origin: Hashable, Sendable {
    /// The source's id.
    public var id: String
    /// The last part of the name under which it was met.
    public var name: String
    public var licence: String?
    /// Whether it was imported as a data set instead of being read as text.
    public var isDataset: Bool
  }

  /// Rows that the run's steps read, by type.
  public var reads: [RecordID.Kind: Int]
  /// In order of names.
  public var origins: [Origin]
}

extension Store {
  /// What the steps of a run read, with every source that those rows were made from.
  public func data(ofRun run: String) throws -> RunData {
    var counts: [RecordID.Kind: Int] = [:]
    for id in try distinctReads(run: run) {
      if let kind = RecordID.kind(of: id) { counts[kind, default: 0] += 1 }
    }
    let origins = try read { db in
      try Row.fetchAll(db.cachedStatement(sql: Self.originsOfRun), arguments: [run]).map { row in
        let uri: String = row["uri"] ?? ""
        let purpose: String = row["purpose"]
        return RunData.Origin(
          id: row["id"], name: (uri as NSString).lastPathComponent, licence: row["licence"],
          isDataset: purpose == "dataset")
      }
    }
    return RunData(reads: counts, origins: origins.sorted { ($0.name, $0.id) < ($1.name, $1.id) })
  }

  /// Rows read lead to prompts, prompts to pairs, pairs to documents, and each of them to the data set it came from.
  private static let originsOfRun = """
    WITH reads (id) AS MATERIALIZED (
      SELECT DISTINCT r.value FROM step AS s, json_each(s.reads) AS r WHERE s.run = ?1
    ), prompts (id) AS (
      SELECT id FROM prompt WHERE id IN reads
      UNION SELECT prompt FROM comparison WHERE id IN reads
    ), pairs (id) AS (
      SELECT id FROM pair WHERE id IN reads
      UNION SELECT pair FROM prompt WHERE id IN prompts AND pair IS NOT NULL
    ), documents (id) AS (
      SELECT id FROM document WHERE id IN reads
      UNION SELECT document FROM pair_source WHERE pair IN pairs
    ), targets (id) AS (
      SELECT id FROM reads UNION SELECT id FROM prompts UNION SELECT id FROM pairs
    ), sources (id) AS (
      SELECT source FROM document WHERE id IN documents
      UNION SELECT source FROM import_record WHERE target IN targets
    )
    SELECT s.id, s.licence, s.purpose,
      (SELECT uri FROM source_location WHERE source = s.id ORDER BY is_current DESC, uri LIMIT 1) AS uri
    FROM source AS s WHERE s.id IN sources
    """

  /// The last value of each of a run's curves whose name begins so.
  public func lastMetrics(run: String, prefix: String) throws -> [Metric] {
    try metricNames(run: run).filter { $0.hasPrefix(prefix) }.compactMap { try metrics(run: run, name: $0).last }
  }
}
