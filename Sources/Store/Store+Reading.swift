import Foundation
import GRDB

/// A pair as it stands in the store, its messages not yet read: what a pass over many pairs needs.
public struct StoredPair: Sendable {
  public var id: String
  /// The messages' hash; the identity.
  public var hash: String
  public var origin: Pair.Origin
  public var language: String?
  public var split: Split
  let json: String

  /// The conversation, read anew at every call.
  public func messages() throws -> [Message] { try JSONDecoder().decode([Message].self, from: Data(json.utf8)) }
}

extension StoredPair {
  init(_ row: Row) throws {
    self.init(
      id: row["id"], hash: row["hash"], origin: try row.choice("origin"), language: row["language"],
      split: try row.choice("split"), json: row["messages"])
  }
}

/// The order in which a pass meets rows.
public enum ReadingOrder: String, Hashable, Sendable {
  /// As they were made or imported.
  case making = "id"
  /// By the hash of their content, which does not differ between stores.
  case content = "hash"
}

extension Store {
  /// Calls the body with one pair after another, in one reading transaction; memory does not grow with the pairs.
  ///
  /// The body must not write to the store.
  public func forEachPair(
    _ filter: PairFilter = PairFilter(), by order: ReadingOrder, _ body: (StoredPair) throws -> Void
  ) throws {
    try forEachRow(
      "SELECT id, hash, origin, language, split, messages FROM pair WHERE \(PairFilter.condition) ORDER BY \(order.rawValue)",
      filter.arguments
    ) { try body(StoredPair($0)) }
  }

  /// How many pairs there are.
  public func pairCount(_ filter: PairFilter = PairFilter()) throws -> Int {
    try read { db in
      try db.value(Int.self, "SELECT count(*) FROM pair WHERE \(PairFilter.condition)", filter.arguments) ?? 0
    }
  }

  /// One query's rows, each of which lives until the next is asked for.
  func forEachRow(_ sql: String, _ arguments: StatementArguments, _ body: (Row) throws -> Void) throws {
    try read { db in
      // Not a cached statement: the body may begin the same query while this one runs.
      let cursor = try Row.fetchCursor(db, sql: sql, arguments: arguments)
      while let row = try cursor.next() { try body(row) }
    }
  }
}
