import Foundation

/// Where each row of a spool stands; all that a run keeps in memory of its rows.
struct SpoolIndex {
  /// One row, in 16 bytes.
  struct Entry {
    /// Words of the file before the row.
    var start: Int64
    /// Words of the row.
    var words: UInt32
    var tokens: UInt32
  }

  var entries: [Entry] = []
  var summary: Summary

  /// What the rows are, and what was lost on the way to them.
  struct Summary: Codable {
    var fingerprint: String
    var report: DataReport
  }

  /// What a spool ends with: entries, summary, and their sizes and checksum in `trailerWords` words.
  static let trailerWords = 8
  private static let magic: UInt64 = 0x3153_574F_5248_4354

  /// The words that follow the rows.
  func words() throws -> [UInt32] {
    var words: [UInt32] = []
    for entry in entries {
      words += [UInt32(truncatingIfNeeded: entry.start), UInt32(entry.start >> 32), entry.words, entry.tokens]
    }
    var json = [UInt8](try JSONEncoder().encode(summary))
    json += [UInt8](repeating: UInt8(ascii: " "), count: (4 - json.count % 4) % 4)
    words += json.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
    let trailer = [Self.magic, UInt64(entries.count), UInt64(json.count / 4), SpoolRecord.checksum(words)]
    for number in trailer { words += [UInt32(truncatingIfNeeded: number), UInt32(number >> 32)] }
    return words
  }

  /// Words that the trailer says stand before it, after the rows; nil when it is no trailer.
  static func size(trailer: [UInt32]) -> Int? {
    let numbers = numbers(trailer)
    guard numbers.count == 4, numbers[0] == magic, numbers[1] < 1 << 40, numbers[2] < 1 << 32 else { return nil }
    return Int(numbers[1]) * 4 + Int(numbers[2])
  }

  /// Reads what stands before the trailer; nil when it is damaged.
  init?(_ words: [UInt32], trailer: [UInt32]) {
    let numbers = Self.numbers(trailer)
    let count = Int(numbers[1])
    guard SpoolRecord.checksum(words) == numbers[3] else { return nil }
    let json = words[(count * 4)...].withUnsafeBytes { Data($0) }
    guard let summary = try? JSONDecoder().decode(Summary.self, from: json) else { return nil }
    self.summary = summary
    entries.reserveCapacity(count)
    for first in stride(from: 0, to: count * 4, by: 4) {
      entries.append(
        Entry(
          start: Int64(words[first]) | Int64(words[first + 1]) << 32, words: words[first + 2],
          tokens: words[first + 3]))
    }
  }

  init(summary: Summary) { self.summary = summary }

  private static func numbers(_ words: [UInt32]) -> [UInt64] {
    stride(from: 0, to: words.count - 1, by: 2).map { UInt64(words[$0]) | UInt64(words[$0 + 1]) << 32 }
  }
}
