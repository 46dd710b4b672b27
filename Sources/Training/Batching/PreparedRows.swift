import Foundation
import Store

/// Gives rows one after another to the closure that it is called with, always the same ones in the same order.
public typealias RowFeed = (_ take: (TrainingRow) throws -> Void) throws -> Void

/// Rows within a model's limits, and the account of what was lost on the way to them.
struct PreparedRows {
  let rows: any RowSource
  let report: DataReport
}
