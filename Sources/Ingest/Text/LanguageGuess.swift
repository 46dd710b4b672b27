/// Guesses the language of a text by its script and, for Latin script, by its commonest words.
public enum LanguageGuess {
  /// `en`, `zh`, `ja`, `ko`, `de`, `fr`, `es`, or `other` when none is clearly ahead.
  public static func language(of text: String) -> String {
    score(of: text).language
  }

  /// The guess and the share of the evidence that speaks for it, 0 to 1.
  public static func score(of text: String) -> (language: String, confidence: Double) {
    var han = 0
    var kana = 0
    var hangul = 0
    var latin = 0
    var otherScript = 0
    for scalar in text.unicodeScalars.prefix(sampleLength) {
      switch scalar.value {
      case 0x41...0x5A, 0x61...0x7A, 0xC0...0x24F: latin += 1
      case 0x3040...0x30FF: kana += 1
      case 0xAC00...0xD7AF, 0x1100...0x11FF: hangul += 1
      case 0x3400...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: han += 1
      case 0x370...0x1FFF: otherScript += 1
      default: break
      }
    }
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

  private static let sampleLength = 20_000

  private static func latinLanguage(of text: String) -> (language: String, confidence: Double) {
    var hits: [String: Int] = [:]
    var words = 0
    for word in text.prefix(sampleLength).lowercased().split(whereSeparator: { !$0.isLetter }) {
      words += 1
      if let language = languageOfWord[String(word)] { hits[language, default: 0] += 1 }
    }
    let ranked = hits.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
    guard let best = ranked.first, best.value * 20 >= words else { return ("other", 0) }
    let second = ranked.dropFirst().first?.value ?? 0
    return (best.key, Double(best.value) / Double(best.value + second))
  }

  /// Words that are common in one of these languages and rare or unknown in the others.
  private static let stopWords: [String: String] = [
    "en": "the of and to is that it for you with this are be not have as by from was can which will or your if all",
    "de": "der die und das nicht ist ein eine zu den mit von sich auf dem für im auch es wird werden sie oder kann",
    "fr": "le les et des est une dans que pour qui vous pas ce sur avec il du au plus sont cette être ou par",
    "es": "el los y que las una por con para se es como más del al lo su pero este está son puede también o",
    "other": "di il che della non per sono gli um uma não os com het een van niet och att det som ikke jeg nie się",
  ]

  private static let languageOfWord: [String: String] = {
    var languages: [String: Set<String>] = [:]
    for (language, words) in stopWords {
      for word in words.split(separator: " ") { languages[String(word), default: []].insert(language) }
    }
    // A word of two languages speaks for neither.
    return languages.compactMapValues { $0.count == 1 ? $0.first : nil }
  }()
}
