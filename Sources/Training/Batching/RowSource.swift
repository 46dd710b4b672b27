/// Rows that are read by their place, so that a run need not hold them all.
package protocol RowSource: AnyObject {
  var count: Int { get }
  /// Tokens of a row, known without reading it.
  func tokenCount(at index: Int) -> Int
  func row(at index: Int) throws -> TrainingRow
}

/// Rows in memory.
package final class RowList: RowSource {
  private let rows: [TrainingRow]

  package init(_ rows: [TrainingRow]) { self.rows = rows }

  package var count: Int { rows.count }
  package func tokenCount(at index: Int) -> Int { rows[index].tokens.count }
  package func row(at index: Int) -> TrainingRow { rows[index] }
}
