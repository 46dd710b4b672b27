/// The examples of a run, step by step.
package protocol ExampleSource: AnyObject {
  var stepsPerEpoch: Int { get }
  /// Targets of one epoch.
  var targetCount: Int { get }
  /// The examples that a step (from 0) reads.
  func examples(step: Int) throws -> [Example]
  /// Rows of the stream that each example of a step takes, at most, known without reading it.
  func costs(step: Int) -> [Int]
  /// The longest sequence.
  var longest: Int { get }
}

extension ExampleSource {
  /// The largest micro-batch of the first epoch.
  ///
  /// - Parameter report: of the rows, for the share of targets.
  func largestMicrobatch(budget: Int, report: DataReport) -> Microbatch {
    let share = Double(report.targets) / Double(max(1, report.tokens - report.kept))
    return Microbatch(
      steps: (0..<stepsPerEpoch).lazy.map { self.costs(step: $0) }, budget: budget, longest: longest,
      targetShare: min(1, share))
  }

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

  /// The last token is predicted only.
  func costs(step: Int) -> [Int] { order.items(step: step).map { max(1, rows.tokenCount(at: $0) - 1) } }
  var longest: Int { (0..<rows.count).reduce(1) { max($0, rows.tokenCount(at: $1) - 1) } }
}
