/// The language whose templates and question words a text is mined with.
public enum PairLanguage: String, Sendable, Codable, CaseIterable {
  case english = "en"
  case chinese = "zh"
  /// Mined where the text itself asks, but never dressed in a template.
  case other = "und"

  /// Chinese where at least a fifth of the letters and words are Chinese characters, else English if Latin.
  ///
  /// A Chinese technical text is full of Latin names, so words are weighed and not letters.
  public static func of(_ text: String) -> PairLanguage {
    var han = 0
    var kana = 0
    var latinWords = 0
    var otherLetters = 0
    var inWord = false
    for scalar in text.unicodeScalars {
      if scalar.isHan { han += 1 } else if scalar.isKana { kana += 1 }
      let isLatin = scalar.value < 0x250 && scalar.properties.isAlphabetic
      if isLatin, !inWord { latinWords += 1 }
      inWord = isLatin
      if !isLatin, !scalar.isHan, !scalar.isKana, scalar.properties.isAlphabetic { otherLetters += 1 }
    }
    if kana > 0, kana * 8 > han { return .other }
    if han > 0, han * 4 >= latinWords { return .chinese }
    return latinWords * 3 >= otherLetters && latinWords > 0 ? .english : .other
  }

  /// The language of a BCP 47 tag such as "zh-CN"; nil without a tag, and where Ingest could not tell ("other").
  init?(tag: String?) {
    guard let tag, !tag.isEmpty, tag != "und", tag != "other" else { return nil }
    switch tag.lowercased().prefix(while: { $0.isLetter }) {
    case "en": self = .english
    case "zh": self = .chinese
    default: self = .other
    }
  }

  private static let englishWords: Set<Substring> = [
    "the", "a", "an", "of", "and", "to", "in", "is", "are", "be", "that", "this", "it", "for", "with", "you", "or",
  ]

  /// Whether a passage in Latin letters has the little words of English: one in twelve, or is too short to tell.
  static func looksEnglish(_ passage: String) -> Bool {
    let words = passage.lowercased().split { !$0.isLetter }
    return words.count < 20 || words.count { englishWords.contains($0) } * 12 >= words.count
  }
}
