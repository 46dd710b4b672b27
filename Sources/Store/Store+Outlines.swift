import GRDB

/// A document without its text, and the name and type of its source.
public struct DocumentOutline: Hashable, Sendable {
  public var id: String
  /// The source's id.
  public var source: String
  public var ordinal: Int
  public var textHash: String
  public var extractor: String
  public var dropReason: String?
  public var duplicateOf: String?
  public var mediaType: String
  /// A current name of its source.
  public var uri: String?
}

extension DocumentOutline: RowReadable {
  init(_ row: Row) throws {
    self.init(
      id: row["id"], source: row["source"], ordinal: row["ordinal"], textHash: row["text_hash"],
      extractor: row["extractor"], dropReason: row["drop_reason"], duplicateOf: row["duplicate_of"],
      mediaType: row["media_type"], uri: row["uri"])
  }
}

extension Store {
  /// All documents, dropped ones included, without their texts, in order of name and ordinal.
  public func documentOutlines() throws -> [DocumentOutline] {
    try read { db in
      try db.all(
        DocumentOutline.self,
        """
        SELECT d.id, d.source, d.ordinal, d.text_hash, d.extractor, d.drop_reason, d.duplicate_of, s.media_type,
          (SELECT min(uri) FROM source_location AS l WHERE l.source = s.id AND l.is_current = 1) AS uri
        FROM document AS d JOIN source AS s ON s.id = d.source
        ORDER BY uri, d.source, d.ordinal
        """)
    }
  }
}
