import Terminal
import Training

/// What a training stage will take of memory.
public struct MemoryForecast: Sendable {
  private let estimate: MemoryEstimate
  private let free: Int?

  /// - Parameter free: bytes that the process may come to hold; nil where the system does not tell.
  package init(_ estimate: MemoryEstimate, free: Int?) {
    self.estimate = estimate
    self.free = free
  }

  /// `trains 4.9M of 139M weights (3.5%); needs about 1.0 GB, 22.1 GB are free`, and a warning where that is too little.
  package var lines: [String] {
    var text = summary
    if let free { text += ", \(Self.gigabytes(free)) are free" }
    guard let free, estimate.total > free else { return [text] }
    return [
      text,
      "this may end for want of memory; less is needed with "
        + "weights: nf4 (under a low-rank update), optimizer: adamw8bit, recompute: true, "
        + "or smaller microbatch_tokens or maximum_length; most of it are \(largest)",
    ]
  }

  public var bytes: Int { estimate.total }

  /// `trains 4.9M of 139M weights (3.5%); needs about 1.0 GB`.
  public var summary: String {
    let share = Double(estimate.trainedCount) / Double(max(1, estimate.weightCount)) * 100
    return
      "trains \(shortNumber(Double(estimate.trainedCount))) of \(shortNumber(Double(estimate.weightCount))) weights "
      + "(\(fixed(share, share < 10 ? 1 : 0))%); needs about \(Self.gigabytes(estimate.total))"
  }

  private var largest: String {
    [
      ("weights", estimate.weights), ("gradients", estimate.gradients),
      ("moments of the optimiser", estimate.optimizer),
      ("activations", estimate.activations), ("keys and values", estimate.caches),
    ].max { $0.1 < $1.1 }.map { "the \($0.0) (\(Self.gigabytes($0.1)))" } ?? ""
  }

  /// Decimal, with two digits below 1 GB and one above: `0.97 GB`, `22.1 GB`.
  package static func gigabytes(_ bytes: Int) -> String {
    let value = Double(bytes) / 1e9
    return fixed(value, value < 0.995 ? 2 : 1) + " GB"
  }
}

extension RecipeRun {
  /// Memory that is free now, in words.
  public static var freeMemory: String? { AvailableMemory.bytes.map(MemoryForecast.gigabytes) }
}
