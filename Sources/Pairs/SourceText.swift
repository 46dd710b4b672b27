/// A document's text as bytes and lines; every position in this module is a UTF-8 byte offset into it.
struct SourceText: Sendable {
  let bytes: [UInt8]
  /// Each line without its newline.
  let lines: [Range<Int>]

  init(_ text: String) {
    bytes = Array(text.utf8)
    var lines: [Range<Int>] = []
    var start = 0
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      lines.append(start..<offset)
      start = offset + 1
    }
    if start < bytes.count { lines.append(start..<bytes.count) }
    self.lines = lines
  }

  func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  func line(_ index: Int) -> String { string(lines[index]) }

  func isBlank(_ index: Int) -> Bool { trimmed(lines[index]).isEmpty }

  /// Number of spaces before a line's first other byte; a tab counts as four.
  func indentation(_ index: Int) -> Int {
    var width = 0
    for byte in bytes[lines[index]] {
      if byte == UInt8(ascii: " ") { width += 1 } else if byte == UInt8(ascii: "\t") { width += 4 } else { break }
    }
    return width
  }

  /// `range` without white space at its ends, no-break and ideographic spaces included.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, let width = spaceWidth(at: start, before: end) { start += width }
    while start < end, let width = spaceWidth(endingAt: end, after: start) { end -= width }
    return start..<end
  }

  /// The bytes from a line's start to another's end, as one range without blank ends.
  ///
  /// Leading blank lines go, but the first text line keeps its indentation, which code may need.
  func block(fromLine first: Int, toLine end: Int) -> Range<Int>? {
    var first = first
    var last = end - 1
    while first <= last, isBlank(first) { first += 1 }
    while last >= first, isBlank(last) { last -= 1 }
    guard first <= last else { return nil }
    let start = lines[first].lowerBound
    return start..<trimmed(start..<lines[last].upperBound).upperBound
  }

  private func spaceWidth(at offset: Int, before end: Int) -> Int? {
    switch bytes[offset] {
    case 0x20, 0x09, 0x0A, 0x0D: return 1
    case 0xC2 where offset + 1 < end && bytes[offset + 1] == 0xA0: return 2
    case 0xE3 where offset + 2 < end && bytes[offset + 1] == 0x80 && bytes[offset + 2] == 0x80: return 3
    default: return nil
    }
  }

  private func spaceWidth(endingAt end: Int, after start: Int) -> Int? {
    switch bytes[end - 1] {
    case 0x20, 0x09, 0x0A, 0x0D: return 1
    case 0xA0 where end - 2 >= start && bytes[end - 2] == 0xC2: return 2
    case 0x80 where end - 3 >= start && bytes[end - 2] == 0x80 && bytes[end - 3] == 0xE3: return 3
    default: return nil
    }
  }
}
