import Foundation

/// Numbers distinct byte strings 0, 1, 2 … in the order in which they are first seen.
final class WordTable {
  private struct Word {
    var hash: UInt64
    var start: Int
    var count: Int
  }

  private var slots: UnsafeMutablePointer<Int32>
  private var mask: Int
  private var words: [Word] = []
  private var arena: [UInt8] = []

  init() {
    mask = (1 << 12) - 1
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: -1, count: mask + 1)
  }

  deinit { slots.deallocate() }

  /// How many distinct words there are.
  var count: Int { words.count }
  /// How many bytes they hold together.
  var byteCount: Int { arena.count }

  /// The number of a word, and whether it was seen for the first time.
  func index(of bytes: UnsafePointer<UInt8>, count: Int) -> (index: Int, isNew: Bool) {
    let hash = Self.hash(bytes, count)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] >= 0 {
      let index = Int(slots[slot])
      let word = words[index]
      if word.hash == hash && word.count == count
        && arena.withUnsafeBufferPointer({ memcmp($0.baseAddress! + word.start, bytes, count) == 0 })
      {
        return (index, false)
      }
      slot = (slot &+ 1) & mask
    }
    let index = words.count
    slots[slot] = Int32(index)
    words.append(Word(hash: hash, start: arena.count, count: count))
    arena.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
    if words.count * 2 > mask { grow() }
    return (index, true)
  }

  /// The bytes of a word.
  func bytes(at index: Int) -> ArraySlice<UInt8> { arena[words[index].start..<words[index].start + words[index].count] }

  func removeAll() {
    slots.update(repeating: -1, count: mask + 1)
    words.removeAll(keepingCapacity: true)
    arena.removeAll(keepingCapacity: true)
  }

  private func grow() {
    slots.deallocate()
    mask = (mask + 1) * 2 - 1
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: -1, count: mask + 1)
    for (index, word) in words.enumerated() {
      var slot = Int(truncatingIfNeeded: word.hash) & mask
      while slots[slot] >= 0 { slot = (slot &+ 1) & mask }
      slots[slot] = Int32(index)
    }
  }

  /// Eight bytes a step by multiply and rotate; words are short, so quality in the low bits comes from the last mix.
  private static func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    let raw = UnsafeRawPointer(bytes)
    var hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    var offset = 0
    while offset &+ 8 <= count {
      hash = (hash ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 32
      offset &+= 8
    }
    var tail: UInt64 = 0
    while offset < count {
      tail = tail << 8 | UInt64(bytes[offset])
      offset &+= 1
    }
    hash = (hash ^ tail) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ hash >> 29
  }
}
