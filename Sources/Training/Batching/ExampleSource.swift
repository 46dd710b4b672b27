/// The examples of a run, step by step.
package protocol ExampleSource: AnyObject {
  var stepsPerEpoch: Int { get }
  /// Targets of one epoch.
  var targetCount: Int { get }
  /// The examples that a step (from 0) reads.
  func examples(step: Int) throws -> [Example]
}

extension ExampleSource {
  /// Calls the body with the first epoch, cut as `TokenBudget` cuts a step, and holds no more than one piece of it.
  func forEachMicrobatch(tokens budget: Int, _ body: ([Example]) throws -> Void) throws {
    var (waiting, cost) = ([Example](), 0)
    for step in 0..<stepsPerEpoch {
      for example in try examples(step: step) {
        if !waiting.isEmpty && cost + example.cost > budget {
          try body(waiting)
          (waiting, cost) = ([], 0)
        }
        waiting.append(example)
        cost += example.cost
      }
    }
    if !waiting.isEmpty { try body(waiting) }
  }
}

/// Rows as they are, one example each.
final class RowExamples: ExampleSource {
  let targetCount: Int
  private let rows: any RowSource
  private let order: EpochOrder

  init(_ prepared: PreparedRows, loop: LoopOptions) {
    rows = prepared.rows
    targetCount = prepared.report.targets
    order = EpochOrder(count: rows.count, batchSize: loop.batchSize, seed: loop.seed, shuffles: loop.shuffles)
  }

  var stepsPerEpoch: Int { order.stepsPerEpoch }

  func examples(step: Int) throws -> [Example] { try order.items(step: step).map { Example(try rows.row(at: $0)) } }
}
