import GRDB

/// What a check of the whole store found.
public struct VerifyReport: Hashable, Sendable, Encodable {
  /// The checks that were made, in words.
  public var checks: [String]
  /// What is wrong, in words; empty for a sound store.
  public var problems: [String]

  public var isSound: Bool { problems.isEmpty }
}

extension Store {
  /// Checks the file, the references between rows, the hashes of content, the index, and the conservation of bytes.
  public func verify() throws -> VerifyReport {
    var problems: [String] = []
    try read { db in
      let pages = try String.fetchAll(db, sql: "PRAGMA integrity_check")
      problems += pages.filter { $0 != "ok" }.map { "the file is damaged: \($0)" }
      problems += try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { row in
        let (table, parent): (String, String) = (row["table"], row["parent"])
        return "a row of \(table) refers to a missing row of \(parent)"
      }
      problems += try Self.wrongHashes(db)
      let indexed = try db.value(Int.self, "SELECT count(*) FROM document WHERE is_indexed = 1") ?? 0
      let held = try db.value(Int.self, "SELECT count(*) FROM document_fts_docsize") ?? 0
      if indexed != held { problems.append("the search index holds \(held) documents, \(indexed) should be there") }
    }
    problems += try conservation().problems
    return VerifyReport(
      checks: ["pages and indexes", "references", "hashes of content", "search index", "conservation"],
      problems: problems)
  }

  private static func wrongHashes(_ db: Database) throws -> [String] {
    var wrong: [String] = []
    for (table, text, hash) in [
      ("document", "text", "text_hash"), ("pair", "messages", "hash"), ("prompt", "messages", "hash"),
    ] {
      let rows = try Row.fetchCursor(db, sql: "SELECT id, \(text) AS text, \(hash) AS hash FROM \(table)")
      while let row = try rows.next() {
        let (id, content, expected): (String, String, String) = (row["id"], row["text"], row["hash"])
        if ContentHash.of(content) != expected { wrong.append("\(id) is not what it was when it was stored") }
      }
    }
    return wrong
  }
}
