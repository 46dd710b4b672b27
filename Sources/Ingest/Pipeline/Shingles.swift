import Store

/// A document's fingerprint for finding copies: a hash of its words, and a sample of its five-word sequences.
///
/// Words are runs of letters and digits, in lower case; each Chinese character is a word. Every sequence whose hash
/// is divisible by four is in the sample, so samples of different documents hold the same sequences where texts agree.
struct Shingles: Sendable {
  static let length = 5
  static let samplingRate: UInt64 = 4

  /// Equal for texts that differ only in blanks, punctuation, markup and case.
  private(set) var wordHash: UInt64 = 0xCBF2_9CE4_8422_2325
  private(set) var wordCount = 0
  private(set) var sample: Set<UInt64> = []

  init(_ text: String) {
    var recent = [UInt64](repeating: 0, count: Shingles.length)
    var word: UInt64 = 0
    for scalar in text.unicodeScalars {
      let value = scalar.value
      let isLetter: Bool
      switch value {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: isLetter = true
      case 0xC0...0x1FFF, 0xAC00...0xD7AF: isLetter = true
      default:
        if EastAsian.isIdeographic(value) {
          if word != 0 { add(&word, &recent) }
          word = Shingles.mix(UInt64(value))
          add(&word, &recent)
          continue
        }
        isLetter = false
      }
      if isLetter {
        let folded = (0x41...0x5A).contains(value) ? value + 32 : value
        word = Shingles.mix(word &+ UInt64(folded) &+ 1)
      } else if word != 0 {
        add(&word, &recent)
      }
    }
    if word != 0 { add(&word, &recent) }
  }

  private mutating func add(_ word: inout UInt64, _ recent: inout [UInt64]) {
    wordHash = Shingles.mix(wordHash ^ word)
    recent[wordCount % Shingles.length] = word
    wordCount += 1
    word = 0
    guard wordCount >= Shingles.length else { return }
    var hash: UInt64 = 0
    for offset in 0..<Shingles.length { hash = Shingles.mix(hash ^ recent[(wordCount + offset) % Shingles.length]) }
    if hash % Shingles.samplingRate == 0 { sample.insert(hash) }
  }

  /// The finaliser of MurmurHash3, which spreads every bit over all others.
  private static func mix(_ value: UInt64) -> UInt64 {
    var value = value &+ 0x9E37_79B9_7F4A_7C15
    value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return value ^ value >> 33
  }
}
