import Store

/// A strict JSON reader for one line of a data set: says at which column and why a line is no JSON.
struct JSONLineParser {
  /// What is wrong, and the UTF-8 column (from 1) where it was noticed.
  struct Problem: Error, Equatable, CustomStringConvertible {
    var column: Int
    var reason: String
    var description: String { "not valid JSON at column \(column): \(reason)" }
  }

  private let bytes: ArraySlice<UInt8>
  private var at: Int
  private var depth = 0

  /// - Throws: ``Problem``
  static func parse(_ bytes: ArraySlice<UInt8>) throws(Problem) -> JSONValue {
    var parser = JSONLineParser(bytes)
    let value = try parser.value()
    parser.skipSpaces()
    guard parser.at == bytes.endIndex else { throw parser.problem("something follows the value") }
    return value
  }

  private init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    at = bytes.startIndex
  }

  private func problem(_ reason: String) -> Problem { Problem(column: at - bytes.startIndex + 1, reason: reason) }

  private var current: UInt8? { at < bytes.endIndex ? bytes[at] : nil }

  private mutating func skipSpaces() {
    while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
  }

  private mutating func value() throws(Problem) -> JSONValue {
    skipSpaces()
    switch current {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw problem("the line ends where a value should stand")
    default: return try number()
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(Problem) -> JSONValue {
    let matches = text.withUTF8Buffer { bytes[at...].starts(with: $0) }
    guard matches else { throw problem("expected a value") }
    at += text.utf8CodeUnitCount
    return value
  }

  private mutating func deeper() throws(Problem) {
    depth += 1
    guard depth <= 128 else { throw problem("nested more than 128 deep") }
  }

  private mutating func object() throws(Problem) -> JSONValue {
    try deeper()
    at += 1
    var members: [String: JSONValue] = [:]
    skipSpaces()
    if current == UInt8(ascii: "}") {
      at += 1
      depth -= 1
      return .object(members)
    }
    while true {
      skipSpaces()
      guard current == UInt8(ascii: "\"") else { throw problem("expected a name in quotes") }
      let name = try string()
      skipSpaces()
      guard current == UInt8(ascii: ":") else { throw problem("expected ':' after the name \"\(name)\"") }
      at += 1
      guard members.updateValue(try value(), forKey: name) == nil else {
        throw problem("the name \"\(name)\" stands twice")
      }
      skipSpaces()
      switch current {
      case UInt8(ascii: ","): at += 1
      case UInt8(ascii: "}"):
        at += 1
        depth -= 1
        return .object(members)
      default: throw problem("expected ',' or '}'")
      }
    }
  }

  private mutating func array() throws(Problem) -> JSONValue {
    try deeper()
    at += 1
    var elements: [JSONValue] = []
    skipSpaces()
    if current == UInt8(ascii: "]") {
      at += 1
      depth -= 1
      return .array(elements)
    }
    while true {
      elements.append(try value())
      skipSpaces()
      switch current {
      case UInt8(ascii: ","): at += 1
      case UInt8(ascii: "]"):
        at += 1
        depth -= 1
        return .array(elements)
      default: throw problem("expected ',' or ']'")
      }
    }
  }

  private mutating func number() throws(Problem) -> JSONValue {
    let start = at
    while let byte = current, "+-.eE0123456789".utf8.contains(byte) { at += 1 }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    let isWhole = !text.contains { ".eE".contains($0) }
    if isWhole, let value = Int(text), !text.hasPrefix("+") { return .int(value) }
    guard let value = Double(text), value.isFinite, !text.hasPrefix("+"), !text.hasPrefix(".") else {
      at = start
      throw problem("expected a value")
    }
    return .double(value)
  }

  private mutating func string() throws(Problem) -> String {
    at += 1
    var text: [UInt8] = []
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        guard let valid = String(validating: text, as: UTF8.self) else { throw problem("the text is not UTF-8") }
        return valid
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw problem("a control character stands unescaped in a text")
      default:
        text.append(byte)
        at += 1
      }
    }
    throw problem("the line ends inside a text")
  }

  private mutating func escape(into text: inout [UInt8]) throws(Problem) {
    at += 1
    let plain: [UInt8: UInt8] = [
      UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 0x08,
      UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]
    guard let byte = current else { throw problem("the line ends inside a text") }
    if let character = plain[byte] {
      text.append(character)
      at += 1
      return
    }
    guard byte == UInt8(ascii: "u") else { throw problem("unknown escape in a text") }
    var unit = try hexadecimal()
    if (0xD800..<0xDC00).contains(unit) {
      guard current == UInt8(ascii: "\\"), at + 1 < bytes.endIndex, bytes[at + 1] == UInt8(ascii: "u") else {
        throw problem("half of a surrogate pair")
      }
      at += 1
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else { throw problem("half of a surrogate pair") }
      unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(unit) else { throw problem("half of a surrogate pair") }
    text.append(contentsOf: UTF8.encode(scalar)!)
  }

  /// Reads "uXXXX" at the current place.
  private mutating func hexadecimal() throws(Problem) -> UInt32 {
    let digits = bytes[at...].dropFirst().prefix(4)
    guard digits.count == 4, let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
      digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
    else { throw problem("\\u needs four hexadecimal digits") }
    at += 5
    return unit
  }
}
