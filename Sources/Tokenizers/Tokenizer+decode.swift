extension Tokenizer {
  /// The text of token ids; bytes that are no UTF-8 become U+FFFD, ids outside the vocabulary nothing.
  public func decode(_ ids: some Sequence<Int32>, skippingSpecial: Bool = false) -> String {
    var bytes: [UInt8] = []
    for id in ids where !(skippingSpecial && isSpecial(id)) { bytes += self.bytes(of: id) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bytes that a token stands for; they need not be whole characters.
  public func bytes(of id: Int32) -> [UInt8] { tokenBytes.indices.contains(Int(id)) ? tokenBytes[Int(id)] : [] }
}

/// Turns tokens into text as they come, never splitting a character.
///
/// What `append` and `finish` return, joined, is what `decode` returns for all tokens at once.
public struct StreamDecoder {
  private let tokenizer: Tokenizer
  private let skippingSpecial: Bool
  private var pending: [UInt8] = []

  public init(_ tokenizer: Tokenizer, skippingSpecial: Bool = false) {
    self.tokenizer = tokenizer
    self.skippingSpecial = skippingSpecial
  }

  /// The text that is certain once this token is known; empty while a character is incomplete.
  public mutating func append(_ id: Int32) -> String {
    if skippingSpecial && tokenizer.isSpecial(id) { return "" }
    pending += tokenizer.bytes(of: id)
    let complete = pending.count - Self.incompleteSuffix(pending)
    let text = String(decoding: pending[..<complete], as: UTF8.self)
    pending.removeFirst(complete)
    return text
  }

  /// What is left at the end: U+FFFD for a character that was never completed.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// How many bytes at the end are the beginning of a character that may still be completed.
  private static func incompleteSuffix(_ bytes: [UInt8]) -> Int {
    for length in 1..<4 where length <= bytes.count {
      let lead = bytes[bytes.count - length]
      if lead & 0xC0 == 0x80 { continue }
      let needed =
        switch lead {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
      return needed > length ? length : 0
    }
    return 0
  }
}
