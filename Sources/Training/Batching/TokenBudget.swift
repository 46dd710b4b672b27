/// Cuts a step into micro-batches by tokens, not by rows.
package enum TokenBudget {
  /// Consecutive ranges whose costs sum to at most `budget`; an item that alone is larger is a range of its own.
  package static func ranges(costs: [Int], budget: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var (start, sum) = (0, 0)
    for (index, cost) in costs.enumerated() {
      if index > start && sum + cost > budget {
        ranges.append(start..<index)
        (start, sum) = (index, 0)
      }
      sum += cost
    }
    if start < costs.count { ranges.append(start..<costs.count) }
    return ranges
  }
}
