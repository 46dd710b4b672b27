/// How large the largest micro-batch of a stage is.
public struct Microbatch: Sendable, Hashable {
  /// Rows of the stream.
  public var tokens: Int
  /// Rows that have a target or a score.
  public var targets: Int
  /// The longest sequence in it.
  public var longest: Int

  public init(tokens: Int, targets: Int, longest: Int) {
    self.tokens = tokens
    self.targets = targets
    self.longest = longest
  }

  /// The largest of the micro-batches that steps are cut into.
  ///
  /// - Parameters:
  ///   - steps: costs of the items of each step.
  ///   - targetShare: targets to a row of the stream, over all of the data.
  init(steps: some Sequence<[Int]>, budget: Int, longest: Int, targetShare: Double) {
    var largest = 0
    for costs in steps {
      for range in TokenBudget.ranges(costs: costs, budget: budget) {
        largest = max(largest, costs[range].reduce(0, +))
      }
    }
    self.init(
      tokens: largest, targets: min(largest, Int((Double(largest) * targetShare).rounded(.up))), longest: longest)
  }

  /// Where the data is not known yet: as full as it may be, of the longest sequences.
  public init(budget: Int, longest: Int, targetShare: Double = 1) {
    let tokens = max(budget, longest)
    self.init(tokens: tokens, targets: Int((Double(tokens) * targetShare).rounded(.up)), longest: longest)
  }
}
