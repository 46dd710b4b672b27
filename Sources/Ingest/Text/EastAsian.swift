/// Rules for text that is written without spaces between words.
enum EastAsian {
  /// Whether a line break between these two texts stands for nothing at all, as between two Chinese characters.
  static func joins(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    guard let next = firstScalar(right), let last = lastScalar(left) else { return false }
    if isPunctuation(next) { return true }
    let nextFits = isIdeographic(next) || (isShared(next) && isIdeographic(last))
    let lastFits = isIdeographic(last) || isPunctuation(last) || (isShared(last) && isIdeographic(next))
    return nextFits && lastFits
  }

  /// Whether a text ends in full-width punctuation, which carries its own space.
  static func endsInPunctuation(_ text: ArraySlice<UInt8>) -> Bool {
    guard let byte = text.last, byte >= 0x80 || byte == 42, let last = lastScalar(text) else { return false }
    return isPunctuation(last)
  }

  /// Han characters and kana; Hangul is written with spaces and does not belong here.
  static func isIdeographic(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x2E80...0x2FDF, 0x3005...0x3007, 0x3021...0x3029, 0x3031...0x30FF, 0x31A0...0x31BF, 0x31F0...0x31FF,
      0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0xFF66...0xFF9D, 0x20000...0x3FFFF:
      true
    default: false
    }
  }

  /// Full-width punctuation.
  static func isPunctuation(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x3001...0x3003, 0x3008...0x3011, 0x3014...0x301F, 0xFF01, 0xFF08...0xFF09, 0xFF0C, 0xFF0E, 0xFF1A...0xFF1B,
      0xFF1F, 0xFF3B, 0xFF3D, 0xFF5B, 0xFF5D, 0xFE30...0xFE4F:
      true
    default: false
    }
  }

  /// Quotation marks, dashes and the ellipsis, which both worlds use.
  private static func isShared(_ scalar: UInt32) -> Bool {
    scalar == 0x2014 || (0x2018...0x201D).contains(scalar) || scalar == 0x2026 || scalar == 0xB7
  }

  private static func firstScalar(_ bytes: ArraySlice<UInt8>) -> UInt32? {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    if case .scalarValue(let scalar) = decoder.decode(&iterator) { return scalar.value }
    return nil
  }

  /// The last character that is not an emphasis mark.
  private static func lastScalar(_ bytes: ArraySlice<UInt8>) -> UInt32? {
    var end = bytes.endIndex
    while end > bytes.startIndex, bytes[end - 1] == 42 { end -= 1 }
    var start = end
    while start > bytes.startIndex, end - start < 4 {
      start -= 1
      if bytes[start] & 0xC0 != 0x80 { return firstScalar(bytes[start..<end]) }
    }
    return nil
  }
}
