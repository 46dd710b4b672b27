/// Guesses the language of a text by its script and, for Latin script, by its commonest words.
public enum LanguageGuess {
  /// `en`, `zh`, `ja`, `ko`, `de`, `fr`, `es`, or `other` when none is clearly ahead.
  public static func language(of text: String) -> String {
    score(of: text).language
  }

  /// The guess and the share of the evidence that speaks for it, 0 to 1.
  public static func score(of text: String) -> (language: String, confidence: Double) {
    let (han, kana, hangul, latin, otherScript) = scripts(of: text)
    // A Han character says about as much as four Latin letters.
    let asian = (han + kana + hangul) * 4
    let total = asian + latin + otherScript
    if total == 0 { return ("other", 0) }
    if asian > latin + otherScript {
      let share = Double(asian) / Double(total)
      if hangul > han + kana { return ("ko", share) }
      return (kana * 10 > han + kana ? "ja" : "zh", share)
    }
    if otherScript > latin { return ("other", Double(otherScript) / Double(total)) }
    return latinLanguage(of: text)
  }

  /// Bytes looked at.
  private static let sampleLength = 16_000

  /// Counts letters by script; each is told by its lead byte and, where that is not enough, by its number.
  private static func scripts(of text: String) -> (han: Int, kana: Int, hangul: Int, latin: Int, other: Int) {
    var counts = (han: 0, kana: 0, hangul: 0, latin: 0, other: 0)
    var lead: UInt8 = 0
    for byte in text.utf8.prefix(sampleLength) {
      if byte < 0x80 {
        if (0x41...0x5A).contains(byte & ~0x20) { counts.latin += 1 }
        lead = 0
      } else if byte >= 0xC0 {
        lead = byte
      } else if lead != 0 {
        switch (lead, byte) {
        case (0xC3...0xC9, _): counts.latin += 1
        case (0xCD...0xE1, _): counts.other += 1
        case (0xE3, 0x81...0x83): counts.kana += 1
        case (0xE3, 0x90...), (0xE4...0xE9, _), (0xF0, 0xA0...): counts.han += 1
        case (0xEA, 0xB0...), (0xEB...0xED, _): counts.hangul += 1
        default: break
        }
        // Only the first byte behind the lead is asked.
        lead = 0
      }
    }
    return counts
  }

  private static func latinLanguage(of text: String) -> (language: String, confidence: Double) {
    var hits = [Int](repeating: 0, count: languages.count)
    var words = 0
    var hash = emptyWord
    for byte in text.utf8.prefix(sampleLength) {
      let folded = (0x41...0x5A).contains(byte) ? byte + 32 : byte
      // Accented letters are two bytes from 0xC3 on; every other sign ends a word.
      if (0x61...0x7A).contains(folded) || (0x80...0xC5).contains(folded) {
        hash = (hash ^ UInt64(folded)) &* prime
      } else if hash != emptyWord {
        words += 1
        if let language = languageOfWord[hash] { hits[language] += 1 }
        hash = emptyWord
      }
    }
    let ranked = hits.indices.sorted { (hits[$0], $1) > (hits[$1], $0) }
    guard hits[ranked[0]] > 0, hits[ranked[0]] * 20 >= words else { return ("other", 0) }
    return (languages[ranked[0]], Double(hits[ranked[0]]) / Double(hits[ranked[0]] + hits[ranked[1]]))
  }

  // The constants of the FNV-1a hash.
  private static let emptyWord: UInt64 = 0xCBF2_9CE4_8422_2325
  private static let prime: UInt64 = 0x100_0000_01B3
  private static let languages = ["en", "de", "fr", "es", "other"]

  /// Words that are common in one of these languages and rare or unknown in the others.
  private static let stopWords: [String: String] = [
    "en": "the of and to is that it for you with this are be not have as by from was can which will or your if all",
    "de": "der die und das nicht ist ein eine zu den mit von sich auf dem für im auch es wird werden sie oder kann",
    "fr": "le les et des est une dans que pour qui vous pas ce sur avec il du au plus sont cette être ou par",
    "es": "el los y que las una por con para se es como más del al lo su pero este está son puede también o",
    "other": "di il che della non per sono gli um uma não os com het een van niet och att det som ikke jeg nie się",
  ]

  /// The index in `languages` of each such word's hash.
  private static let languageOfWord: [UInt64: Int] = {
    var found: [UInt64: Set<Int>] = [:]
    for (index, language) in languages.enumerated() {
      for word in (stopWords[language] ?? "").split(separator: " ") {
        let hash = word.utf8.reduce(emptyWord) { ($0 ^ UInt64($1)) &* prime }
        found[hash, default: []].insert(index)
      }
    }
    // A word of two languages speaks for neither.
    return found.compactMapValues { $0.count == 1 ? $0.first : nil }
  }()
}
