import Tensors

/// Which items each step of a run reads: an epoch is a keyed permutation, and its last step may be smaller.
///
/// The position in the data is a function of the step, so there is nothing to save.
package final class EpochOrder {
  let count: Int
  let batchSize: Int
  private let seed: UInt64
  private let shuffles: Bool
  private var current: (epoch: Int, order: [Int])?

  package init(count: Int, batchSize: Int, seed: UInt64, shuffles: Bool) {
    self.count = count
    self.batchSize = batchSize
    self.seed = seed
    self.shuffles = shuffles
  }

  package var stepsPerEpoch: Int { (count + batchSize - 1) / batchSize }

  /// The epoch that a step (from 0) falls in, and how many items of it were read before the step.
  package func position(step: Int) -> (epoch: Int, offset: Int) {
    (step / stepsPerEpoch, step % stepsPerEpoch * batchSize)
  }

  /// Indices of the items that a step (from 0) reads.
  package func items(step: Int) -> ArraySlice<Int> {
    let (epoch, offset) = position(step: step)
    return order(epoch: epoch)[offset..<min(count, offset + batchSize)]
  }

  /// The order of a whole epoch.
  func order(epoch: Int) -> [Int] {
    if let current, current.epoch == epoch { return current.order }
    let order = shuffles ? CounterGenerator.permutation(count: count, seed: seed, epoch: epoch) : Array(0..<count)
    current = (epoch, order)
    return order
  }
}
