/// Which bytes of UTF-8 text are blanks, which are dropped, and where a run of plain characters ends.
enum ByteClass {
  private static let plain: [Bool] = (0..<256).map { byte in
    byte > 32 && byte != 127 && byte != 0xC2 && byte != 0xE2 && byte != 0xE3 && byte != 0xEF
  }

  /// The length of the blank at a position: ASCII blanks, no-break and typographic spaces; 0 for none.
  @inline(__always)
  static func blankLength(_ text: ArraySlice<UInt8>, _ at: Int) -> Int {
    let byte = text[at]
    if byte == 32 || (9...13).contains(byte) { return 1 }
    if byte < 0xC2 { return 0 }
    if byte == 0xC2 { return at + 1 < text.endIndex && (text[at + 1] == 0xA0 || text[at + 1] == 0x85) ? 2 : 0 }
    guard byte == 0xE2, at + 2 < text.endIndex else { return 0 }
    // U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F.
    let last = text[at + 2]
    if text[at + 1] == 0x80 {
      return (0x80...0x8A).contains(last) || last == 0xA8 || last == 0xA9 || last == 0xAF ? 3 : 0
    }
    return text[at + 1] == 0x81 && last == 0x9F ? 3 : 0
  }

  /// The length of an invisible character that is dropped: controls, soft hyphen, zero-width space, BOM.
  @inline(__always)
  static func droppedLength(_ text: ArraySlice<UInt8>, _ at: Int) -> Int {
    let byte = text[at]
    if byte < 32 || byte == 127 { return 1 }
    if byte < 0xC2 { return 0 }
    if byte == 0xC2, at + 1 < text.endIndex { return text[at + 1] < 0xA0 || text[at + 1] == 0xAD ? 2 : 0 }
    guard at + 2 < text.endIndex else { return 0 }
    if byte == 0xE2, text[at + 1] == 0x80 {
      return text[at + 2] == 0x8B || text[at + 2] == 0x8E || text[at + 2] == 0x8F ? 3 : 0
    }
    if byte == 0xE2, text[at + 1] == 0x81 { return text[at + 2] == 0xA0 ? 3 : 0 }
    return byte == 0xEF && text[at + 1] == 0xBB && text[at + 2] == 0xBF ? 3 : 0
  }

  /// The end of the run of plain characters that begins at a position (at least one byte long).
  @inline(__always)
  static func endOfRun(_ text: ArraySlice<UInt8>, _ from: Int, stopsAtPipe: Bool) -> Int {
    var end = from + 1
    while end < text.endIndex {
      let byte = text[end]
      if !plain[Int(byte)] {
        if byte <= 32 || byte == 127 { break }
        if blankLength(text, end) > 0 || droppedLength(text, end) > 0 { break }
      }
      if byte == 124, stopsAtPipe { break }
      end += 1
    }
    return end
  }
}
