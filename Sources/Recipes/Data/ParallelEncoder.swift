import Store
import Tensors
import Tokenizers
import Training

/// Turns texts into rows on all threads, a batch at a time, and gives them on in their order.
struct ParallelEncoder<Item: Sendable> {
  private static var batch: Int { 512 }
  /// Items that one thread takes at once.
  private static var grain: Int { 16 }

  /// Called with the number of rows given on so far, once a batch.
  let progress: (Int) throws -> Void
  /// Makes a row; called on several threads.
  let encode: @Sendable (Item) throws -> TrainingRow

  /// - Parameter items: calls its argument with one item after another.
  func run(
    _ items: @escaping ((Item) throws -> Void) throws -> Void, _ take: (TrainingRow) throws -> Void
  ) throws {
    var waiting: [Item] = []
    var done = 0
    func flush() throws {
      for row in rows(of: waiting) { try take(try row.get()) }
      done += waiting.count
      waiting.removeAll(keepingCapacity: true)
      try progress(done)
    }
    try items { item in
      waiting.append(item)
      if waiting.count == Self.batch { try flush() }
    }
    if !waiting.isEmpty { try flush() }
  }

  private func rows(of items: [Item]) -> [Result<TrainingRow, any Error>] {
    [Result<TrainingRow, any Error>](unsafeUninitializedCapacity: items.count) { buffer, count in
      nonisolated(unsafe) let places = buffer.baseAddress
      Threads.ranges(items.count, grain: Self.grain) { range in
        for index in range { places?.advanced(by: index).initialize(to: Result { try encode(items[index]) }) }
      }
      count = items.count
    }
  }
}
