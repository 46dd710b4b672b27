/// A row as it stands in a spool: whole 32-bit words, the last two of which are a checksum of those before.
///
/// The words are the id's length in bytes, the number of tokens, the id, the tokens, and one bit a token that tells
/// whether it is a target.
enum SpoolRecord {
  /// Appends the words of a row.
  static func append(_ row: TrainingRow, to words: inout [UInt32]) {
    let start = words.count
    let id = Array(row.id.utf8)
    words.append(UInt32(id.count))
    words.append(UInt32(row.tokens.count))
    for first in stride(from: 0, to: id.count, by: 4) {
      words.append(id[first..<min(id.count, first + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
    for token in row.tokens { words.append(UInt32(bitPattern: token)) }
    for first in stride(from: 0, to: row.tokens.count, by: 32) {
      let flags = row.isTarget[first..<min(row.isTarget.count, first + 32)]
      words.append(flags.reversed().reduce(0) { $0 << 1 | ($1 ? 1 : 0) })
    }
    let sum = checksum(words[start...])
    words.append(UInt32(truncatingIfNeeded: sum))
    words.append(UInt32(truncatingIfNeeded: sum >> 32))
  }

  /// The row of these words; nil when they are not what was written.
  static func row(_ words: [UInt32]) -> TrainingRow? {
    guard words.count >= 4 else { return nil }
    let sum = checksum(words.dropLast(2))
    guard UInt64(words[words.count - 1]) << 32 | UInt64(words[words.count - 2]) == sum else { return nil }
    let (idBytes, tokenCount) = (Int(words[0]), Int(words[1]))
    let tokens = 2 + (idBytes + 3) / 4
    let flags = tokens + tokenCount
    guard flags + (tokenCount + 31) / 32 + 2 == words.count else { return nil }
    let id = (0..<idBytes).map { UInt8(truncatingIfNeeded: words[2 + $0 / 4] >> UInt32($0 % 4 * 8)) }
    return TrainingRow(
      id: String(decoding: id, as: UTF8.self), tokens: words[tokens..<flags].map { Int32(bitPattern: $0) },
      isTarget: (0..<tokenCount).map { words[flags + $0 / 32] >> UInt32($0 % 32) & 1 == 1 })
  }

  /// FNV-1a with words for bytes: a change of any one word changes it.
  static func checksum(_ words: some Sequence<UInt32>) -> UInt64 {
    words.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
