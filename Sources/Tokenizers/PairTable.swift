/// A hash map from a pair of token ids to a 64-bit value, by linear probing: the inner loop of merging and training.
struct PairTable: ~Copyable, @unchecked Sendable {
  private var slots: UnsafeMutablePointer<(key: UInt64, value: UInt64)>
  private var mask: Int
  private(set) var count = 0

  /// No pair of ids has this key, since ids are not negative.
  private static let empty = UInt64.max

  init(minimumCapacity: Int) {
    var capacity = 16
    while capacity < minimumCapacity * 2 { capacity *= 2 }
    mask = capacity - 1
    slots = Self.allocate(capacity)
  }

  deinit { slots.deallocate() }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<(key: UInt64, value: UInt64)> {
    let slots = UnsafeMutablePointer<(key: UInt64, value: UInt64)>.allocate(capacity: capacity)
    slots.initialize(repeating: (empty, 0), count: capacity)
    return slots
  }

  @inline(__always)
  static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    var product = key &* 0x9E37_79B9_7F4A_7C15
    product ^= product >> 29
    var index = Int(truncatingIfNeeded: product &* 0xBF58_476D_1CE4_E5B9 >> 20) & mask
    while slots[index].key != key && slots[index].key != Self.empty { index = (index &+ 1) & mask }
    return index
  }

  /// The value of a pair, or nil.
  @inline(__always)
  func value(_ key: UInt64) -> UInt64? {
    let index = slot(of: key)
    return slots[index].key == key ? slots[index].value : nil
  }

  /// The value of a pair, which is `value` from now on if the pair was not there.
  mutating func value(_ key: UInt64, orInsert value: @autoclosure () -> UInt64) -> UInt64 {
    let index = slot(of: key)
    if slots[index].key == key { return slots[index].value }
    let value = value()
    insert(key, value, at: index)
    return value
  }

  mutating func set(_ key: UInt64, _ value: UInt64) {
    let index = slot(of: key)
    if slots[index].key == key { slots[index].value = value } else { insert(key, value, at: index) }
  }

  private mutating func insert(_ key: UInt64, _ value: UInt64, at index: Int) {
    slots[index] = (key, value)
    count += 1
    if count * 8 > (mask + 1) * 5 { grow() }
  }

  private mutating func grow() {
    let (old, oldCapacity) = (slots, mask + 1)
    mask = oldCapacity * 2 - 1
    slots = Self.allocate(oldCapacity * 2)
    for index in 0..<oldCapacity where old[index].key != Self.empty { slots[slot(of: old[index].key)] = old[index] }
    old.deallocate()
  }
}
