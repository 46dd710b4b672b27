import Foundation
import GRDB

/// A document that a search found.
public struct SearchHit: Hashable, Sendable {
  /// The document's id.
  public var document: String
  public var title: String?
  public var language: String?
  /// A current name of its source.
  public var uri: String?
  /// The part of the text where the terms stand.
  public var snippet: String
  /// BM25 relevance; larger is better.
  public var score: Double
}

extension Store {
  /// Brings the full-text index up to date with the kept documents.
  /// - Returns: how many documents were added to it.
  @discardableResult
  public func refreshSearchIndex() throws -> Int {
    try write { db in
      let rows = try Row.fetchCursor(
        db, sql: "SELECT number, title, text FROM document WHERE is_indexed = 0 AND drop_reason IS NULL")
      var count = 0
      while let row = try rows.next() {
        let (number, title, text): (Int64, String?, String) = (row["number"], row["title"], row["text"])
        try db.run(
          "INSERT INTO document_fts (rowid, title, body) VALUES (?, ?, ?)",
          [number, SearchText.segmented(title ?? ""), SearchText.segmented(text)])
        count += 1
      }
      if count > 0 {
        try db.run("UPDATE document SET is_indexed = 1 WHERE is_indexed = 0 AND drop_reason IS NULL")
      }
      return count
    }
  }

  /// How many kept documents the index does not hold yet.
  public func unindexedCount() throws -> Int {
    try read { db in
      try db.value(Int.self, "SELECT count(*) FROM document WHERE is_indexed = 0 AND drop_reason IS NULL") ?? 0
    }
  }

  /// Finds kept documents by words and "quoted phrases", in Chinese as well as English; best first.
  ///
  /// All terms must be there; when no document has them all, those with some are found. A match in the title counts
  /// four times.
  /// - Parameters:
  ///   - width: the length of snippets, characters.
  ///   - marks: what goes before and after each found term in a snippet.
  public func search(
    _ query: String, limit: Int = 10, width: Int = 160, marks: (String, String) = ("", "")
  ) throws -> [SearchHit] {
    let terms = SearchText.terms(of: query)
    guard !terms.isEmpty else { return [] }
    return try read { db in
      for any in [false, true] {
        let rows = try Row.fetchAll(
          db.cachedStatement(
            sql: """
              SELECT d.id, d.title, d.language, d.text, -f.score AS score,
                (SELECT min(uri) FROM source_location AS l WHERE l.source = d.source AND l.is_current = 1) AS uri
              FROM (
                SELECT rowid, bm25(document_fts, 4.0, 1.0) AS score FROM document_fts WHERE document_fts MATCH ?
              ) AS f
              JOIN document AS d ON d.number = f.rowid
              WHERE d.drop_reason IS NULL
              ORDER BY f.score, d.number LIMIT ?
              """), arguments: [SearchText.expression(terms, any: any), limit])
        if rows.isEmpty && !any { continue }
        return rows.map { row in
          SearchHit(
            document: row["id"], title: row["title"], language: row["language"], uri: row["uri"],
            snippet: SearchSnippet.cut(row["text"], terms: terms, width: width, marks: marks), score: row["score"])
        }
      }
      return []
    }
  }

  /// Takes documents out of the index. It keeps no text, so it must be told what it was given.
  static func unindex(_ db: Database, documents: [String]) throws {
    for id in documents {
      let row = try Row.fetchOne(
        db.cachedStatement(sql: "SELECT number, title, text FROM document WHERE id = ? AND is_indexed = 1"),
        arguments: [id])
      guard let row else { continue }
      let (number, title, text): (Int64, String?, String) = (row["number"], row["title"], row["text"])
      try db.run(
        "INSERT INTO document_fts (document_fts, rowid, title, body) VALUES ('delete', ?, ?, ?)",
        [number, SearchText.segmented(title ?? ""), SearchText.segmented(text)])
      try db.run("UPDATE document SET is_indexed = 0 WHERE id = ?", [id])
    }
  }
}
