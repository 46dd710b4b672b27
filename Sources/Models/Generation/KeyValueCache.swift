import Tensors

/// Keys and values of one sequence, every layer: [layers, 2, G, capacity, D], so that what a head reads lies together.
final class KeyValueCache {
  private let storage: Tensor
  private let capacity: Int
  private let heads: Int
  private let headSize: Int
  /// Tokens held.
  private(set) var count = 0

  init(_ configuration: ModelConfiguration, capacity: Int) {
    self.capacity = capacity
    heads = configuration.keyValueHeadCount
    headSize = configuration.headSize
    storage = .zeros([configuration.layerCount, 2, heads, capacity, headSize])
  }

  /// [capacity, D].
  func keys(_ layer: Int, head: Int) -> UnsafeMutablePointer<Float> {
    storage.data + ((layer * 2) * heads + head) * capacity * headSize
  }

  /// [capacity, D].
  func values(_ layer: Int, head: Int) -> UnsafeMutablePointer<Float> {
    storage.data + ((layer * 2 + 1) * heads + head) * capacity * headSize
  }

  /// Copies rows of a pass, [T, G * D], into a layer, after the tokens already held; they are held once the cache is
  /// advanced.
  func store(_ layer: Int, keys newKeys: Tensor, values newValues: Tensor, rows: Range<Int>, offset: Int = 0) {
    for (index, row) in rows.enumerated() {
      let place = (count + offset + index) * headSize
      for head in 0..<heads {
        (keys(layer, head: head) + place).update(from: newKeys.row(row) + head * headSize, count: headSize)
        (values(layer, head: head) + place).update(from: newValues.row(row) + head * headSize, count: headSize)
      }
    }
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
