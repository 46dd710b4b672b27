import Tensors

/// Which items each step of a run reads: an epoch is a keyed permutation, and its last step may be smaller.
///
/// The position in the data is a function of the step, so there is nothing to save.
package final class EpochOrder {
  let count: Int
  let batchSize: Int
  private let seed: UInt64
  private let shuffles: Bool
  /// The permutation of the epoch that was last asked for, in 4 bytes an item.
  private var current: (epoch: Int, order: [UInt32])?

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
  package func items(step: Int) -> [Int] {
    let (epoch, offset) = position(step: step)
    return (offset..<min(count, offset + batchSize)).map { item(at: $0, epoch: epoch) }
  }

  /// The item that an epoch reads at a place.
  func item(at place: Int, epoch: Int) -> Int {
    guard shuffles else { return place }
    if let current, current.epoch == epoch { return Int(current.order[place]) }
    let order = CounterGenerator.permutation(count: count, seed: seed, epoch: epoch).map(UInt32.init)
    current = (epoch, order)
    return Int(order[place])
  }
}
