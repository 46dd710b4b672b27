/// Byte-pair encoding: a word's bytes, merged pair by pair in the order in which the merges were learned.
final class BytePairModel: @unchecked Sendable {
  /// Nothing here changes after `init`: encoders on all threads share one model.
  private let byteTokens: [Int32]
  private let merges: PairTable
  private let wholeWords: [ArraySlice<UInt8>: Int32]?

  /// - Parameters:
  ///   - byteTokens: the token of each of the 256 bytes; -1 where the vocabulary lacks it (such bytes are dropped).
  ///   - merges: pairs in order of rank, with the token that they become.
  ///   - wholeWords: tokens that a whole word becomes without merging (`ignore_merges`), or nil.
  init(
    byteTokens: [Int32], merges: [(left: Int32, right: Int32, merged: Int32)],
    wholeWords: [ArraySlice<UInt8>: Int32]?
  ) {
    self.byteTokens = byteTokens
    self.wholeWords = wholeWords
    var table = PairTable(minimumCapacity: merges.count)
    for (rank, merge) in merges.enumerated() {
      table.set(PairTable.key(merge.left, merge.right), UInt64(rank) << 32 | UInt64(merge.merged))
    }
    self.merges = table
  }

  /// What one encoding needs while it runs: buffers, and the words that were seen before.
  final class Scratch: @unchecked Sendable {
    fileprivate var tokens: [Int32] = []
    fileprivate var ranks: [UInt64] = []
    fileprivate var next: [Int32] = []
    fileprivate var previous: [Int32] = []
    fileprivate var heap = Heap<UInt64>()
    fileprivate let words = WordTable()
    fileprivate var cachedTokens: [Int32] = []
    fileprivate var cachedEnds: [Int] = []

    /// The cache is emptied when it holds this many words, so that a long run stays within a few megabytes.
    fileprivate static let maximumWords = 1 << 16
    /// Longer words seldom come twice.
    fileprivate static let longestCachedWord = 48
    /// Up to here, scanning for the lowest rank beats a heap.
    fileprivate static let longestScannedWord = 64
  }

  /// Appends the tokens of one word.
  func encode(_ word: UnsafeBufferPointer<UInt8>, with scratch: Scratch, into result: inout [Int32]) {
    guard let base = word.baseAddress, !word.isEmpty else { return }
    guard word.count <= Scratch.longestCachedWord else {
      merge(word, scratch)
      result.append(contentsOf: scratch.tokens)
      return
    }
    if scratch.words.count >= Scratch.maximumWords {
      scratch.words.removeAll()
      scratch.cachedTokens.removeAll(keepingCapacity: true)
      scratch.cachedEnds.removeAll(keepingCapacity: true)
    }
    let (index, isNew) = scratch.words.index(of: base, count: word.count)
    if isNew {
      merge(word, scratch)
      scratch.cachedTokens.append(contentsOf: scratch.tokens)
      scratch.cachedEnds.append(scratch.cachedTokens.count)
    }
    let start = index == 0 ? 0 : scratch.cachedEnds[index - 1]
    for position in start..<scratch.cachedEnds[index] { result.append(scratch.cachedTokens[position]) }
  }

  /// Leaves the tokens of a word in `scratch.tokens`.
  private func merge(_ word: UnsafeBufferPointer<UInt8>, _ scratch: Scratch) {
    scratch.tokens.removeAll(keepingCapacity: true)
    if let wholeWords, let token = wholeWords[Array(word)[...]] {
      scratch.tokens.append(token)
      return
    }
    for byte in word where byteTokens[Int(byte)] >= 0 { scratch.tokens.append(byteTokens[Int(byte)]) }
    if scratch.tokens.count <= Scratch.longestScannedWord { mergeByScanning(scratch) } else { mergeByHeap(scratch) }
  }

  @inline(__always)
  private func merge(_ left: Int32, _ right: Int32) -> UInt64 {
    merges.value(PairTable.key(left, right)) ?? UInt64.max
  }

  private func mergeByScanning(_ scratch: Scratch) {
    var count = scratch.tokens.count
    guard count > 1 else { return }
    scratch.ranks.removeAll(keepingCapacity: true)
    for index in 0..<count - 1 { scratch.ranks.append(merge(scratch.tokens[index], scratch.tokens[index + 1])) }
    scratch.tokens.withUnsafeMutableBufferPointer { tokens in
      scratch.ranks.withUnsafeMutableBufferPointer { ranks in
        while count > 1 {
          var best = 0
          for index in 1..<max(1, count - 1) where ranks[index] < ranks[best] { best = index }
          if ranks[best] == UInt64.max { break }
          tokens[best] = Int32(truncatingIfNeeded: ranks[best] & 0xFFFF_FFFF)
          count -= 1
          var index = best + 1
          while index < count {
            tokens[index] = tokens[index + 1]
            ranks[index - 1] = ranks[index]
            index += 1
          }
          if best > 0 { ranks[best - 1] = merge(tokens[best - 1], tokens[best]) }
          if best < count - 1 { ranks[best] = merge(tokens[best], tokens[best + 1]) }
        }
      }
    }
    scratch.tokens.removeLast(scratch.tokens.count - count)
  }

  /// For long words: candidates in a heap by (rank, position), tokens in a linked list.
  private func mergeByHeap(_ scratch: Scratch) {
    let count = scratch.tokens.count
    scratch.previous = Array(-1..<Int32(count - 1))
    scratch.next = Array(1...Int32(count))
    scratch.heap.removeAll()
    func push(_ position: Int) {
      let right = Int(scratch.next[position])
      guard right < count else { return }
      let found = merge(scratch.tokens[position], scratch.tokens[right])
      if found != UInt64.max { scratch.heap.push(found & ~0xFFFF_FFFF | UInt64(position)) }
    }
    for position in 0..<count - 1 { push(position) }
    while let candidate = scratch.heap.pop() {
      let position = Int(candidate & 0xFFFF_FFFF)
      guard scratch.tokens[position] >= 0, Int(scratch.next[position]) < count else { continue }
      let right = Int(scratch.next[position])
      let found = merge(scratch.tokens[position], scratch.tokens[right])
      guard found != UInt64.max, found >> 32 == candidate >> 32 else { continue }
      scratch.tokens[position] = Int32(truncatingIfNeeded: found & 0xFFFF_FFFF)
      scratch.tokens[right] = -1
      scratch.next[position] = scratch.next[right]
      if Int(scratch.next[right]) < count { scratch.previous[Int(scratch.next[right])] = Int32(position) }
      push(position)
      if scratch.previous[position] >= 0 { push(Int(scratch.previous[position])) }
    }
    scratch.tokens.removeAll { $0 < 0 }
  }
}
