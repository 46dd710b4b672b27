import GRDB

/// A kept document with the part of the data that its pairs hold it out for.
public struct CorpusEntry: Sendable, Hashable {
  public var id: String
  /// SHA-256 of its text.
  public var textHash: String
  /// The part that no training may see: test if a pair from it is for testing, else validation if one is.
  public var heldOut: Split?
}

extension Store {
  private static let heldOutPairs = """
    SELECT max(p.split = 'test') FROM pair_source AS s JOIN pair AS p ON p.id = s.pair
    WHERE p.split <> 'train' AND p.invalid_reason IS NULL
    """

  /// Calls the body with one kept document after another, by the hash of its text, in one reading transaction.
  ///
  /// The body must not write to the store; it may read a document's text.
  public func forEachCorpusEntry(_ body: (CorpusEntry) throws -> Void) throws {
    try forEachRow(
      """
      SELECT d.id, d.text_hash, (\(Self.heldOutPairs) AND s.document = d.id) AS is_test FROM document AS d
      WHERE d.drop_reason IS NULL ORDER BY d.text_hash, d.number
      """, []
    ) { row in
      let isTest: Bool? = row["is_test"]
      try body(
        CorpusEntry(id: row["id"], textHash: row["text_hash"], heldOut: isTest.map { $0 ? .test : .validation }))
    }
  }

  /// Whether a document is held out for validation.
  public func hasValidationDocuments() throws -> Bool {
    try read { db in
      try db.value(
        Bool.self, "SELECT EXISTS (\(Self.heldOutPairs) GROUP BY s.document HAVING NOT max(p.split = 'test'))") ?? false
    }
  }
}
