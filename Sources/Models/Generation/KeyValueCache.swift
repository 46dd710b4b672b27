import Foundation
import Tensors

/// Keys and values of one sequence, every layer: [layers, 2, capacity, G * D].
final class KeyValueCache {
  private let storage: Tensor
  private let capacity: Int
  private let width: Int
  /// Tokens held.
  private(set) var count = 0

  init(_ configuration: ModelConfiguration, capacity: Int) {
    self.capacity = capacity
    width = configuration.keyValueHeadCount * configuration.headSize
    storage = .zeros([configuration.layerCount, 2, capacity, width])
  }

  func keys(_ layer: Int) -> UnsafeMutablePointer<Float> { storage.data + layer * 2 * capacity * width }
  func values(_ layer: Int) -> UnsafeMutablePointer<Float> { keys(layer) + capacity * width }

  /// Copies rows of a pass into a layer, after the tokens already held; they are held once the cache is advanced.
  func store(_ layer: Int, keys newKeys: Tensor, values newValues: Tensor, rows: Range<Int>, offset: Int = 0) {
    let bytes = rows.count * width * MemoryLayout<Float>.size
    memcpy(keys(layer) + (count + offset) * width, newKeys.row(rows.lowerBound), bytes)
    memcpy(values(layer) + (count + offset) * width, newValues.row(rows.lowerBound), bytes)
  }

  func advance(by tokens: Int) { count += tokens }

  /// Empties the cache, but for a prefix that every sequence starts with: its keys and values by layer.
  func reset(to prefix: [(keys: Tensor, values: Tensor)] = []) {
    count = 0
    for (layer, part) in prefix.enumerated() {
      store(layer, keys: part.keys, values: part.values, rows: 0..<part.keys.rows)
    }
    count = prefix.first?.keys.rows ?? 0
  }
}
