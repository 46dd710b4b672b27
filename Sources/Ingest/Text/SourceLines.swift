import Store

/// The lines of a text as byte ranges without their line ends (LF, CR LF or CR).
struct SourceLines {
  let bytes: [UInt8]
  let lines: [Range<Int>]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var lines: [Range<Int>] = []
    var start = 0
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == 10 || byte == 13 {
        lines.append(start..<position)
        if byte == 13, position + 1 < bytes.count, bytes[position + 1] == 10 { position += 1 }
        start = position + 1
      }
      position += 1
    }
    if start < bytes.count { lines.append(start..<bytes.count) }
    self.lines = lines
  }

  func isBlank(_ line: Int) -> Bool { content(line).isEmpty }

  /// The line without blanks at its ends; a no-break space is one.
  func content(_ line: Int) -> Range<Int> {
    var (start, end) = (lines[line].lowerBound, lines[line].upperBound)
    while start < end {
      if isSpace(bytes[start]) {
        start += 1
      } else if isNoBreakSpace(start), start + 1 < end {
        start += 2
      } else {
        break
      }
    }
    while start < end {
      if isSpace(bytes[end - 1]) {
        end -= 1
      } else if end - 2 >= start, isNoBreakSpace(end - 2) {
        end -= 2
      } else {
        break
      }
    }
    return start..<end
  }

  /// The line without blanks at its end.
  func body(_ line: Int) -> Range<Int> {
    let content = content(line)
    return content.isEmpty ? content : lines[line].lowerBound..<content.upperBound
  }

  /// Columns before the first visible character; a tab fills up to a multiple of eight.
  func indent(_ line: Int) -> Int {
    var columns = 0
    var index = lines[line].lowerBound
    while index < lines[line].upperBound {
      if bytes[index] == 9 {
        columns += 8 - columns % 8
      } else if bytes[index] == 32 || isNoBreakSpace(index) {
        columns += 1
        if bytes[index] != 32 { index += 1 }
      } else {
        break
      }
      index += 1
    }
    return columns
  }

  /// The text of a range, with no-break spaces as plain ones.
  func string(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self).replacing("\u{A0}", with: " ")
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private func isNoBreakSpace(_ index: Int) -> Bool {
    bytes[index] == 0xC2 && index + 1 < bytes.count && bytes[index + 1] == 0xA0
  }
}

/// A text that is put together from pieces of its source and remembers which.
struct SpannedText {
  private(set) var bytes: [UInt8] = []
  private(set) var spans = SpanMap()

  /// Copies source bytes, without control characters other than tabs and line ends; no-break spaces become plain.
  mutating func copy(_ range: Range<Int>, of source: [UInt8]) {
    var start = range.lowerBound
    for index in range {
      let byte = source[index]
      if byte == 0xC2, index + 1 < range.upperBound, source[index + 1] == 0xA0 {
        appendRun(start..<index, source)
        add(" ", for: index..<index + 2)
        start = index + 2
      } else if (byte < 32 && byte != 9 && byte != 10) || byte == 127 {
        appendRun(start..<index, source)
        start = index + 1
      }
    }
    appendRun(start..<range.upperBound, source)
  }

  /// Adds text that stands for a stretch of the source without being a copy of it, or for none.
  mutating func add(_ text: String, for source: Range<Int>? = nil) {
    let start = bytes.count
    bytes += text.utf8
    if let source { spans.append(text: start..<bytes.count, source: source) }
  }

  private mutating func appendRun(_ range: Range<Int>, _ source: [UInt8]) {
    if range.isEmpty { return }
    let start = bytes.count
    bytes += source[range]
    spans.append(text: start..<bytes.count, source: range)
  }

  var string: String { String(decoding: bytes, as: UTF8.self) }
}
