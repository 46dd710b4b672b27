/// A text as words and Han characters, the units in which Latin and Chinese writing can be compared.
struct TextUnits {
  enum Script: Hashable { case latin, han }

  /// Words in lower case: runs of letters and digits that are not Han.
  private(set) var words: [String] = []
  /// Runs of Han characters (Kana and Hangul count as such) without anything between.
  private(set) var hanRuns: [[Character]] = []
  /// Sentences without their ends and surrounding spaces.
  private(set) var sentences: [String] = []

  var hanCount: Int { hanRuns.reduce(0) { $0 + $1.count } }

  init(_ text: String) {
    var word = ""
    var run: [Character] = []
    for character in text + " " {
      let isHan = Self.isHan(character)
      let isWord = !isHan && (character.isLetter || character.isNumber || (character == "'" && !word.isEmpty))
      if !isWord, !word.isEmpty {
        words.append(word)
        word = ""
      }
      if !isHan, !run.isEmpty {
        hanRuns.append(run)
        run = []
      }
      if isWord { word += character.lowercased() }
      if isHan { run.append(character) }
    }
    sentences = text.split(whereSeparator: { "。！？!?\n".contains($0) }).flatMap { line in
      // A full stop ends a sentence only before a space: 3.14 and file.txt stay whole.
      line.split(separator: ". ").map { $0.lowercased().filter { !$0.isWhitespace && $0 != "." } }
    }
    .filter { !$0.isEmpty }
  }

  /// The script that most of the text is written in; nil without letters.
  var script: Script? {
    if words.isEmpty && hanRuns.isEmpty { return nil }
    return hanCount >= words.count ? .han : .latin
  }

  /// Whether a sentence, four words in a row, or six Han characters in a row come twice.
  var repeatsItself: Bool {
    // Short lines such as table cells and list marks may well come twice.
    let spoken = sentences.filter { $0.count >= 4 }
    if Set(spoken).count < spoken.count { return true }
    return Self.hasRepeat([words], length: 4) || Self.hasRepeat(hanRuns, length: 6)
  }

  private static func hasRepeat<Unit: Hashable>(_ runs: [[Unit]], length: Int) -> Bool {
    var seen: Set<[Unit]> = []
    for run in runs where run.count >= length {
      for start in 0...(run.count - length) where !seen.insert(Array(run[start..<start + length])).inserted {
        return true
      }
    }
    return false
  }

  private static func isHan(_ character: Character) -> Bool {
    guard let scalar = character.unicodeScalars.first else { return false }
    switch scalar.value {
    case 0x3005...0x3007, 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7AF, 0xF900...0xFAFF,
      0x20000...0x3FFFF:
      return true
    default: return false
    }
  }
}
