import Foundation
import GRDB

/// A record that can be made from a row of its table.
protocol RowReadable {
  init(_ row: Row) throws
}

extension Database {
  /// Carries out a statement; it stays prepared for the next time.
  func run(_ sql: String, _ arguments: StatementArguments = []) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }

  /// All records of a query.
  func all<Record: RowReadable>(
    _ type: Record.Type, _ sql: String, _ arguments: StatementArguments = []
  ) throws -> [Record] {
    let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
    var records: [Record] = []
    while let row = try cursor.next() { records.append(try Record(row)) }
    return records
  }

  /// The first record of a query.
  func first<Record: RowReadable>(
    _ type: Record.Type, _ sql: String, _ arguments: StatementArguments = []
  ) throws -> Record? {
    try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments).map(Record.init)
  }

  /// The single value of a query.
  func value<Value: DatabaseValueConvertible>(
    _ type: Value.Type, _ sql: String, _ arguments: StatementArguments = []
  ) throws -> Value? {
    try Value.fetchOne(cachedStatement(sql: sql), arguments: arguments)
  }

  /// The id of the row with this value in a unique column, else nil.
  func id(in table: String, where column: String, is value: String) throws -> String? {
    try self.value(String.self, "SELECT id FROM \(table) WHERE \(column) = ?", [value])
  }
}

extension Row {
  /// The JSON of a column.
  func json(_ column: String) throws -> JSONValue {
    try JSONValue(parsing: self[column])
  }

  /// The messages of a column.
  func messages(_ column: String) throws -> [Message] {
    let text: String = self[column]
    return try JSONDecoder().decode([Message].self, from: Data(text.utf8))
  }

  /// The enumeration's case that a column names.
  func choice<Choice: RawRepresentable<String>>(_ column: String) throws -> Choice {
    let text: String = self[column]
    guard let choice = Choice(rawValue: text) else {
      throw StoreError.constraint("unknown \(Choice.self) '\(text)'")
    }
    return choice
  }
}

extension JSONValue {
  /// The strings of an array of strings.
  var strings: [String] { (array ?? []).compactMap(\.string) }
}

extension Range<Int> {
  /// The half-open range of two stored offsets.
  init(stored start: Int, _ end: Int) { self = start..<Swift.max(start, end) }
}
