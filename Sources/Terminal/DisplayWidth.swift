extension Character {
  /// Columns that this character takes on a terminal: 0, 1 or 2.
  ///
  /// A grapheme cluster is as wide as its widest scalar, so combining marks, joiners and skin tones add nothing.
  /// Source: Unicode Standard Annex 11 (classes W and F are wide) and Technical Standard 51 (emoji presentation).
  public var displayWidth: Int {
    if isASCII { return asciiValue.map { $0 >= 0x20 && $0 != 0x7F ? 1 : 0 } ?? 0 }
    var widest = 0
    for scalar in unicodeScalars {
      if scalar.value == 0xFE0F, let first = unicodeScalars.first, first.properties.isEmoji { return 2 }
      widest = max(widest, scalar.displayWidth)
    }
    return widest
  }

  /// Whether this character takes two columns.
  public var isWide: Bool { displayWidth == 2 }
}

extension StringProtocol {
  /// Columns that this text takes on a terminal when printed on one line.
  public var displayWidth: Int {
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return utf8.count }
    return reduce(0) { $0 + $1.displayWidth }
  }
}

extension Unicode.Scalar {
  var displayWidth: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control, .lineSeparator, .paragraphSeparator: return 0
    default: break
    }
    if value < 0x1100 { return properties.isEmojiPresentation ? 2 : 1 }
    if (0x1160...0x11FF).contains(value) { return 0 }  // medial and final Jamo join the syllable before them
    if properties.isEmojiPresentation { return 2 }
    return Unicode.Scalar.isWideInEastAsia(value) ? 2 : 1
  }

  /// East Asian Width W or F, from the blocks of EastAsianWidth.txt (Unicode 15.1).
  static func isWideInEastAsia(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
      0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F2FF,
      0x1F300...0x1F320, 0x20000...0x2FFFD, 0x30000...0x3FFFD:
      return true
    default:
      return false
    }
  }
}
