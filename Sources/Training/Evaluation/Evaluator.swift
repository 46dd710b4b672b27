import Foundation
import Models
import Tensors

/// Measures roles on held-out rows and on their own samples.
public final class Evaluator {
  let microbatchTokens: Int
  let maximumLength: Int
  let workspace = Workspace()

  public init(microbatchTokens: Int = 1024, maximumLength: Int = 1024) {
    self.microbatchTokens = microbatchTokens
    self.maximumLength = maximumLength
  }

  /// Runs a stream without gradients.
  func forward<Result>(
    _ role: Role, _ batch: PackedBatch, reading rows: [Int], _ body: (HiddenStates) -> Result
  ) -> Result {
    role.measure(batch, reading: rows, workspace: workspace, body)
  }
}

/// How well a model predicts target tokens.
public struct Perplexity: Codable, Sendable, Hashable {
  /// Nats a target token.
  public var loss: Double
  public var tokens: Int
  public var rows: Int

  public var perplexity: Double { exp(loss) }
}

extension Evaluator {
  /// The mean loss over all target tokens of the rows; rows without a target do not count.
  /// - Throws: `TrainingError` when no row is left.
  public func perplexity(of role: Role, rows: [TrainingRow]) throws -> Perplexity {
    let prepared = try RowLimits(role, maximumLength: maximumLength).prepare(rows)
    let report = try prepared.report.requireRows("no row to evaluate on")
    let examples = prepared.rows.map { Example($0) }
    let loss = TokenBudget.ranges(costs: examples.map(\.cost), budget: microbatchTokens).reduce(0.0) { sum, range in
      let (batch, targets) = Example.stream(examples[range])
      let ones = [Float](repeating: 1, count: targets.count)
      return sum + Double(forward(role, batch, reading: targets.map(\.row)) { $0.crossEntropy(targets, weights: ones) })
    }
    return Perplexity(
      loss: loss * LossAveraging.perToken(targets: report.targets), tokens: report.targets, rows: report.kept)
  }
}
