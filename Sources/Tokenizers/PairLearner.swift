/// The merging of BPE training: counts of pairs are kept up to date as merges are made, never counted again.
struct PairLearner: ~Copyable {
  /// A pair in the queue with the words in which it was found when it was queued.
  private struct Candidate: Comparable {
    var count: Int
    var pair: UInt64
    var positions: Int

    /// Whether a pair is merged before another one.
    static func < (a: Candidate, b: Candidate) -> Bool { a.count != b.count ? a.count > b.count : a.pair < b.pair }
  }

  /// A word's tokens lie in `tokens` from its start; as merges are made it shrinks in place.
  private struct Word {
    var start: Int
    var count: Int32
    var frequency: Int
  }

  private var names: [[UInt8]] = []
  private var ids: [[UInt8]: Int32] = [:]
  private let specialTokens: [String]
  private let byteTokens: [Int32]
  private var tokens: [Int32] = []
  private var words: [Word] = []
  private var merges: [(left: Int32, right: Int32)] = []

  // Pairs are numbered as they appear; each of these holds one entry for each pair or candidate.
  private var pairNumbers = PairTable(minimumCapacity: 1 << 16)
  private var counts: [Int] = []
  private var openCandidate: [Int32] = []
  private var openStep: [Int32] = []
  private var positions: [[Int32]] = []
  private var opened: [Candidate] = []
  private var queue = Heap<Candidate>()

  init(specialTokens: [String]) {
    self.specialTokens = specialTokens
    for token in specialTokens {
      // A merge that spells a special token gets its id; a name outside the byte alphabet cannot be spelt.
      if let bytes = ByteAlphabet.bytes(of: token) { ids[bytes] = Int32(names.count) }
      names.append(ByteAlphabet.bytes(of: token) ?? [])
    }
    var byteTokens = [Int32](repeating: 0, count: 256)
    for byte in ByteAlphabet.bytesInCharacterOrder {
      if ids[[byte]] == nil {
        ids[[byte]] = Int32(names.count)
        names.append([byte])
      }
      byteTokens[Int(byte)] = ids[[byte]]!
    }
    self.byteTokens = byteTokens
  }

  /// Tokens as tokenizer.json spells them.
  var vocabulary: [String: Int32] {
    var result: [String: Int32] = [:]
    for (id, bytes) in names.enumerated() { result[name(Int32(id), bytes)] = Int32(id) }
    return result
  }

  /// Merges as tokenizer.json spells them; of a pair that was merged twice only the last counts, as in `tokenizers`.
  var namedMerges: [(left: String, right: String)] {
    var seen: Set<UInt64> = []
    var result: [(left: String, right: String)] = []
    for merge in merges.reversed() where seen.insert(PairTable.key(merge.left, merge.right)).inserted {
      result.append((name(merge.left, names[Int(merge.left)]), name(merge.right, names[Int(merge.right)])))
    }
    return result.reversed()
  }

  private func name(_ id: Int32, _ bytes: [UInt8]) -> String {
    Int(id) < specialTokens.count ? specialTokens[Int(id)] : ByteAlphabet.token(of: bytes)
  }

  mutating func add(word: ArraySlice<UInt8>, frequency: Int) {
    words.append(Word(start: tokens.count, count: Int32(word.count), frequency: frequency))
    for byte in word { tokens.append(byteTokens[Int(byte)]) }
  }

  mutating func learn(upTo vocabularySize: Int, minimumFrequency: Int) {
    countPairs()
    var step: Int32 = 0
    while names.count < vocabularySize, var top = queue.pop() {
      let count = counts[Int(pairNumbers.value(top.pair)!)]
      if count != top.count {
        top.count = count
        if count > 0 { queue.push(top) }
        continue
      }
      if count < max(1, minimumFrequency) { break }
      step += 1
      let (left, right) = (Int32(truncatingIfNeeded: top.pair >> 32), Int32(truncatingIfNeeded: top.pair))
      merges.append((left, right))
      let name = names[Int(left)] + names[Int(right)]
      let merged = ids[name] ?? Int32(names.count)
      if Int(merged) == names.count {
        ids[name] = merged
        names.append(name)
      }
      for word in positions[top.positions] { merge(left, right, into: merged, in: Int(word), step) }
      positions[top.positions] = []
      queueOpened()
    }
  }

  private mutating func countPairs() {
    for (index, word) in words.enumerated() where word.count > 1 {
      for position in word.start..<word.start + Int(word.count) - 1 {
        let key = PairTable.key(tokens[position], tokens[position + 1])
        change(key, by: word.frequency)
        note(key, in: index, 0)
      }
    }
    queueOpened()
  }

  /// Merges every occurrence of a pair in a word, from left to right.
  private mutating func merge(_ left: Int32, _ right: Int32, into merged: Int32, in index: Int, _ step: Int32) {
    let word = words[index]
    let end = word.start + Int(word.count)
    var read = word.start
    var write = word.start
    while read < end {
      guard tokens[read] == left, read + 1 < end, tokens[read + 1] == right else {
        tokens[write] = tokens[read]
        read += 1
        write += 1
        continue
      }
      if write > word.start {
        change(PairTable.key(tokens[write - 1], left), by: -word.frequency)
        let key = PairTable.key(tokens[write - 1], merged)
        change(key, by: word.frequency)
        note(key, in: index, step)
      }
      tokens[write] = merged
      read += 2
      write += 1
      if read < end {
        change(PairTable.key(right, tokens[read]), by: -word.frequency)
        let key = PairTable.key(merged, tokens[read])
        change(key, by: word.frequency)
        note(key, in: index, step)
      }
    }
    words[index].count = Int32(write - word.start)
  }

  private mutating func change(_ key: UInt64, by amount: Int) {
    let number = Int(pairNumbers.value(key, orInsert: UInt64(counts.count)))
    if number == counts.count {
      counts.append(0)
      openCandidate.append(0)
      openStep.append(-1)
    }
    counts[number] += amount
  }

  /// Notes that a pair came up in a word in this step.
  private mutating func note(_ key: UInt64, in word: Int, _ step: Int32) {
    let number = Int(pairNumbers.value(key)!)
    if openStep[number] != step {
      openStep[number] = step
      openCandidate[number] = Int32(positions.count)
      opened.append(Candidate(count: 0, pair: key, positions: positions.count))
      positions.append([])
    }
    let candidate = Int(openCandidate[number])
    if positions[candidate].last != Int32(word) { positions[candidate].append(Int32(word)) }
  }

  private mutating func queueOpened() {
    for var candidate in opened {
      candidate.count = counts[Int(pairNumbers.value(candidate.pair)!)]
      if candidate.count > 0 { queue.push(candidate) } else { positions[candidate.positions] = [] }
    }
    opened.removeAll(keepingCapacity: true)
  }
}
