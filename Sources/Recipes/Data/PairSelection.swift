import Store

/// The valid pairs of a split, read one after another: what a stage trains on, whatever their number.
///
/// The order depends on content alone: ids hold the time of their making, so an order by id differs from run to run.
package struct PairSelection {
  let store: Store
  /// Nil means all.
  var split: Split?
  /// Origins by name; an empty list means all.
  var origins: [String] = []
  /// As they were made or imported, instead of by content.
  var inStoreOrder = false

  package init(_ store: Store, split: Split?, origins: [String] = [], inStoreOrder: Bool = false) {
    self.store = store
    self.split = split
    self.origins = origins
    self.inStoreOrder = inStoreOrder
  }

  /// Calls the body with each pair; the body must not write to the store.
  package func forEachPair(_ body: (StoredPair) throws -> Void) throws {
    try store.forEachPair(PairFilter(split: split), by: inStoreOrder ? .making : .content) { pair in
      if origins.isEmpty || origins.contains(pair.origin.rawValue) { try body(pair) }
    }
  }

  /// How many pairs there are.
  package func count() throws -> Int {
    if origins.isEmpty { return try store.pairCount(PairFilter(split: split)) }
    return try origins.compactMap(Pair.Origin.init(rawValue:)).reduce(0) {
      try $0 + store.pairCount(PairFilter(split: split, origin: $1))
    }
  }

  /// The hash of the pairs' content and splits, in order.
  package func hash() throws -> String { try Self.hash([self]) }

  /// The hash of several selections, one after another.
  package static func hash(_ selections: [PairSelection]) throws -> String {
    let hasher = ContentHasher()
    for selection in selections {
      try selection.forEachPair { hasher.add(line: "\($0.hash) \($0.split.rawValue)") }
    }
    return hasher.finish()
  }
}
