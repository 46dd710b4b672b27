import Foundation

/// Text as the full-text index takes it: every Han, Kana and Hangul character is a word of its own.
///
/// Chinese and Japanese put no spaces between words, so an index of space-separated words would find only whole
/// sentences. With single characters as words, a query for 微调 becomes the phrase "微 调" and finds it anywhere.
enum SearchText {
  /// The text with spaces around each East Asian character.
  static func segmented(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var lastWasWide = false
    for scalar in text.unicodeScalars {
      let isWide = isIdeographic(scalar)
      if isWide || lastWasWide { result.append(" ") }
      result.append(scalar)
      lastWasWide = isWide
    }
    return String(result)
  }

  /// Each word and each quoted phrase of a query, as the index knows it; none of FTS5's own syntax is left.
  static func terms(of query: String) -> [String] {
    var terms: [String] = []
    for (index, part) in query.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
      let isQuoted = index % 2 == 1
      let pieces = isQuoted ? [part] : part.split(whereSeparator: \.isWhitespace)
      terms += pieces.map(String.init).filter { $0.unicodeScalars.contains(where: isIndexed) }
    }
    return terms
  }

  /// The FTS5 expression for terms that must all be there, or of which one suffices.
  static func expression(_ terms: [String], any: Bool) -> String {
    terms.map { "\"" + segmented($0) + "\"" }.joined(separator: any ? " OR " : " AND ")
  }

  /// Whether a character belongs to a script written without spaces between words.
  static func isIdeographic(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3005...0x3007, 0x3040...0x30FF, 0x3130...0x318F, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xAC00...0xD7AF, 0xF900...0xFAFF, 0xFF66...0xFF9D, 0x20000...0x3FFFF:
      true
    default: false
    }
  }

  private static func isIndexed(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}
