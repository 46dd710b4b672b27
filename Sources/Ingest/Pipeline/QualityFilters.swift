import Store

/// What is measured on every document, and the named reasons to drop one for what it is by itself.
struct QualityFilters: Sendable {
  /// Documents with fewer letters are dropped.
  var minimumLetters: Int

  struct Verdict: Equatable {
    /// `empty`, `too-short`, or nil for a document that is kept.
    var dropReason: String?
    /// Filter name to measure.
    var scores: [(filter: String, score: Double)]

    static func == (left: Verdict, right: Verdict) -> Bool { left.dropReason == right.dropReason }
  }

  func verdict(on document: ExtractedDocument) -> Verdict {
    let letters = QualityFilters.letters(in: document.text)
    let language = LanguageGuess.score(of: document.text)
    let reason = letters == 0 ? "empty" : letters < minimumLetters ? "too-short" : nil
    return Verdict(
      dropReason: reason, scores: [("letters", Double(letters)), ("language", language.confidence)])
  }

  /// Letters of any script; a Han character says as much as three Latin letters and counts so.
  static func letters(in text: String) -> Int {
    var count = 0
    for scalar in text.unicodeScalars {
      if scalar.value < 0x80 {
        if (0x41...0x5A).contains(scalar.value & ~0x20) { count += 1 }
      } else if EastAsian.isIdeographic(scalar.value) {
        count += 3
      } else if scalar.properties.isAlphabetic {
        count += 1
      }
    }
    return count
  }
}
