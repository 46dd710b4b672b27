import Store

/// The members of a JSON object with the bytes of each value, so that text can be traced into the line.
struct JSONRecord {
  let bytes: [UInt8]
  /// The place of the line in the file.
  let start: Int
  private(set) var members: [(key: String, value: Range<Int>)] = []

  /// Reads an object that is known to be valid JSON; ranges are into `bytes`.
  init(_ bytes: [UInt8], start: Int, object: Range<Int>? = nil) {
    self.bytes = bytes
    self.start = start
    var position = skipBlanks((object ?? 0..<bytes.count).lowerBound) + 1
    while position < bytes.count {
      position = skipBlanks(position)
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return }
      let keyEnd = endOfValue(position)
      let key = text(position..<keyEnd).string
      position = skipBlanks(skipBlanks(keyEnd) + 1)
      let end = endOfValue(position)
      members.append((key, position..<end))
      position = skipBlanks(end) + 1
      if position > bytes.count || bytes[position - 1] == UInt8(ascii: "}") { return }
    }
  }

  func value(_ key: String) -> Range<Int>? { members.last { $0.key == key }?.value }

  func isString(_ value: Range<Int>) -> Bool { bytes[value.lowerBound] == UInt8(ascii: "\"") }

  /// The string value of a member, nil when it is none.
  func string(_ key: String) -> String? {
    guard let value = value(key), isString(value) else { return nil }
    return text(value).string
  }

  /// The elements of an array.
  func elements(_ array: Range<Int>) -> [Range<Int>] {
    guard bytes[array.lowerBound] == UInt8(ascii: "[") else { return [] }
    var elements: [Range<Int>] = []
    var position = skipBlanks(array.lowerBound + 1)
    while position < array.upperBound, bytes[position] != UInt8(ascii: "]") {
      let end = endOfValue(position)
      elements.append(position..<end)
      position = skipBlanks(end)
      if position < array.upperBound, bytes[position] == UInt8(ascii: ",") { position = skipBlanks(position + 1) }
    }
    return elements
  }

  /// A string with its escapes resolved, each part mapped to the bytes of the file it was written as.
  func text(_ value: Range<Int>) -> SpannedText {
    var output = SpannedText()
    append(value, to: &output)
    return output
  }

  func append(_ value: Range<Int>, to output: inout SpannedText) {
    var position = value.lowerBound + 1
    let end = value.upperBound - 1
    while position < end {
      if bytes[position] != UInt8(ascii: "\\") {
        let run = position..<(bytes[position..<end].firstIndex(of: UInt8(ascii: "\\")) ?? end)
        output.add(String(decoding: bytes[run], as: UTF8.self), for: start + run.lowerBound..<start + run.upperBound)
        position = run.upperBound
        continue
      }
      let (character, length) = escape(at: position)
      output.add(character, for: start + position..<start + position + length)
      position += length
    }
  }

  private func escape(at position: Int) -> (text: String, length: Int) {
    switch bytes[position + 1] {
    case UInt8(ascii: "n"): return ("\n", 2)
    case UInt8(ascii: "t"): return ("\t", 2)
    case UInt8(ascii: "r"), UInt8(ascii: "b"), UInt8(ascii: "f"): return ("", 2)
    case UInt8(ascii: "u"):
      let first = codeUnit(position + 2)
      guard (0xD800..<0xDC00).contains(first), position + 12 <= bytes.count, bytes[position + 6] == UInt8(ascii: "\\")
      else {
        let isDropped = first < 32 && first != 9 && first != 10 || first == 0xFEFF
        return (isDropped ? "" : Unicode.Scalar(first).map { String(Character($0)) } ?? "\u{FFFD}", 6)
      }
      let second = codeUnit(position + 8)
      let value = 0x10000 + (first - 0xD800) << 10 + (second &- 0xDC00)
      return (Unicode.Scalar(value).map { String(Character($0)) } ?? "\u{FFFD}", 12)
    default: return (String(UnicodeScalar(bytes[position + 1])), 2)
    }
  }

  private func codeUnit(_ position: Int) -> UInt32 {
    UInt32(String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self), radix: 16) ?? 0xFFFD
  }

  private func skipBlanks(_ position: Int) -> Int {
    var next = position
    while next < bytes.count, bytes[next] <= 32 { next += 1 }
    return next
  }

  private func endOfValue(_ position: Int) -> Int {
    var next = position
    var depth = 0
    var inString = false
    while next < bytes.count {
      let byte = bytes[next]
      if inString {
        if byte == UInt8(ascii: "\\") { next += 1 } else if byte == UInt8(ascii: "\"") { inString = false }
        if !inString, depth == 0 { return next + 1 }
      } else {
        switch byte {
        case UInt8(ascii: "\""): inString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          if depth == 0 { return next }
          depth -= 1
          if depth == 0 { return next + 1 }
        case UInt8(ascii: ","), UInt8(ascii: ":"), 0...32:
          if depth == 0 { return next }
        default: break
        }
      }
      next += 1
    }
    return bytes.count
  }
}
