import Foundation
import GRDB

extension Document: RowReadable {
  init(_ row: Row) throws {
    let map: Data? = row["span_map"]
    self.init(
      id: row["id"], source: row["source"], ordinal: row["ordinal"],
      sourceRange: Range(stored: row["source_start"], row["source_end"]), title: row["title"],
      language: row["language"], text: row["text"], textHash: row["text_hash"],
      spanMap: map.flatMap { SpanMap(encoded: [UInt8]($0)) }, metadata: try row.json("metadata"),
      extractor: row["extractor"], dropReason: row["drop_reason"], duplicateOf: row["duplicate_of"],
      created: row["created"])
  }
}

/// Which documents a query means.
public struct DocumentFilter: Hashable, Sendable {
  /// Kept ones, dropped ones, or both (nil).
  public var kept: Bool?
  public var language: String?
  /// The id of their source.
  public var source: String?

  public init(kept: Bool? = true, language: String? = nil, source: String? = nil) {
    self.kept = kept
    self.language = language
    self.source = source
  }

  var arguments: StatementArguments { [kept, language, source] }

  static let condition = """
    (?1 IS NULL OR (drop_reason IS NULL) = ?1) AND (?2 IS NULL OR language = ?2) AND (?3 IS NULL OR source = ?3)
    """
}

extension Store {
  /// Adds documents; one with the source and ordinal of an earlier one takes its place and its id.
  /// - Returns: the ids as stored, in the order given.
  @discardableResult
  public func addDocuments(_ documents: [Document]) throws -> [Added] {
    try write { db in
      try documents.map { document in
        let known = try db.value(
          String.self, "SELECT id FROM document WHERE source = ? AND ordinal = ?", [document.source, document.ordinal])
        if let known { try Self.unindex(db, documents: [known]) }
        let id = known ?? document.id
        try db.run(
          """
          INSERT INTO document (
            id, source, ordinal, source_start, source_end, title, language, text, text_hash, span_map, metadata,
            extractor, drop_reason, duplicate_of, created
          ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET
            source_start = excluded.source_start, source_end = excluded.source_end, title = excluded.title,
            language = excluded.language, text = excluded.text, text_hash = excluded.text_hash,
            span_map = excluded.span_map, metadata = excluded.metadata, extractor = excluded.extractor,
            drop_reason = excluded.drop_reason, duplicate_of = excluded.duplicate_of, created = excluded.created
          """,
          [
            id, document.source, document.ordinal, document.sourceRange.lowerBound, document.sourceRange.upperBound,
            document.title, document.language, document.text, document.textHash,
            document.spanMap.map { Data($0.encoded) }, document.metadata.canonical, document.extractor,
            document.dropReason, document.duplicateOf, document.created,
          ])
        return Added(id: id, isNew: known == nil)
      }
    }
  }

  /// The document with this id.
  public func document(id: String) throws -> Document? {
    try read { db in try db.first(Document.self, "SELECT * FROM document WHERE id = ?", [id]) }
  }

  /// The first kept document with exactly this text.
  public func keptDocument(textHash: String) throws -> Document? {
    try read { db in
      try db.first(
        Document.self,
        "SELECT * FROM document WHERE text_hash = ? AND drop_reason IS NULL ORDER BY number LIMIT 1", [textHash])
    }
  }

  /// The ids of documents, in order of source and ordinal as first stored.
  public func documentIDs(_ filter: DocumentFilter = DocumentFilter()) throws -> [String] {
    try read { db in
      try String.fetchAll(
        db.cachedStatement(sql: "SELECT id FROM document WHERE \(DocumentFilter.condition) ORDER BY number"),
        arguments: filter.arguments)
    }
  }

  /// How many documents there are.
  public func documentCount(_ filter: DocumentFilter = DocumentFilter()) throws -> Int {
    try read { db in
      try db.value(Int.self, "SELECT count(*) FROM document WHERE \(DocumentFilter.condition)", filter.arguments) ?? 0
    }
  }

  /// Calls the body with one document after another, in order; the body may write to the store.
  public func forEachDocument(
    _ filter: DocumentFilter = DocumentFilter(), _ body: (Document) throws -> Void
  ) throws {
    for id in try documentIDs(filter) {
      if let document = try document(id: id) { try body(document) }
    }
  }

  /// Drops a document for a named reason; it stays in the store and in the conservation report.
  public func dropDocument(id: String, reason: String, duplicateOf: String? = nil) throws {
    try write { db in
      try Self.unindex(db, documents: [id])
      try db.run(
        "UPDATE document SET drop_reason = ?, duplicate_of = ? WHERE id = ?", [reason, duplicateOf, id])
    }
  }

  /// Keeps a document that was dropped.
  public func keepDocument(id: String) throws {
    try write { db in
      try db.run("UPDATE document SET drop_reason = NULL, duplicate_of = NULL WHERE id = ?", [id])
    }
  }

  /// Deletes the documents of a source from an ordinal on, after a new extraction found fewer.
  public func deleteDocuments(ofSource source: String, fromOrdinal ordinal: Int = 0) throws {
    try write { db in
      let ids = try String.fetchAll(
        db, sql: "SELECT id FROM document WHERE source = ? AND ordinal >= ?", arguments: [source, ordinal])
      try Self.unindex(db, documents: ids)
      for id in ids { try db.run("DELETE FROM document WHERE id = ?", [id]) }
    }
  }
}

extension Store {
  /// Drops the documents of sources that no name stands for any more, and keeps them again when one does.
  ///
  /// A file that changed is a new source; what its former bytes said must not be trained on beside what it says now.
  /// - Returns: how many documents were dropped and how many were kept again.
  @discardableResult
  public func dropSupersededDocuments() throws -> (dropped: Int, revived: Int) {
    try write { db in
      let isCurrent = "EXISTS (SELECT 1 FROM source_location AS l WHERE l.source = d.source AND l.is_current = 1)"
      let wasNamed = "EXISTS (SELECT 1 FROM source_location AS l WHERE l.source = d.source)"
      let stale = try String.fetchAll(
        db, sql: "SELECT id FROM document AS d WHERE drop_reason IS NULL AND \(wasNamed) AND NOT \(isCurrent)")
      let revived = try String.fetchAll(
        db, sql: "SELECT id FROM document AS d WHERE drop_reason = 'superseded' AND \(isCurrent)")
      for id in stale { try dropDocument(id: id, reason: "superseded") }
      for id in revived { try keepDocument(id: id) }
      return (stale.count, revived.count)
    }
  }
}
