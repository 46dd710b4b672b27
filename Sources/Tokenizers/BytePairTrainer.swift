import Foundation

/// Learns a byte-level BPE vocabulary from text: GPT-2's words, all 256 bytes, special tokens first.
///
/// The merges are those of `BpeTrainer` of Hugging Face's tokenizers on the same text: the most frequent pair first,
/// of equally frequent ones the one with the lower ids. No randomness is involved.
public struct BytePairTrainer {
  /// Longer words are cut (at a character): text without any word border would make training slow.
  private static let longestWord = 1024

  private let vocabularySize: Int
  private let specialTokens: [String]
  private let minimumFrequency: Int
  private let words = WordTable()
  private var frequencies: [Int] = []
  private let preTokenizer: PreTokenizer
  private let scratch = PreTokenizer.Scratch()

  /// - Parameters:
  ///   - vocabularySize: ids in all: special tokens, 256 bytes, merges. Less if the text has no more pairs.
  ///   - specialTokens: ids 0, 1, 2 …; `<|endoftext|>` ends and pads texts if it is among them, otherwise the first.
  ///   - minimumFrequency: a pair must be there so often to be merged.
  public init(vocabularySize: Int, specialTokens: [String], minimumFrequency: Int = 2) {
    self.vocabularySize = vocabularySize
    self.specialTokens = specialTokens
    self.minimumFrequency = minimumFrequency
    // GPT-2's pattern is fixed and known to compile.
    preTokenizer = try! PreTokenizer(Self.byteLevel, file: "BytePairTrainer")
  }

  private static let byteLevel = JSONValue.object([
    "type": .string("ByteLevel"), "add_prefix_space": .bool(false), "trim_offsets": .bool(true),
    "use_regex": .bool(true),
  ])

  /// Counts the words of a text. Special tokens written in it are text like any other.
  public mutating func add(_ text: String) {
    var text = text
    let words = self.words
    text.withUTF8 { bytes in
      preTokenizer.forEachWord(in: bytes, using: scratch) { word in
        var rest = word[...]
        while !rest.isEmpty {
          let part = UnsafeBufferPointer(rebasing: rest.prefix(Self.cut(rest)))
          rest = rest.dropFirst(part.count)
          let (index, isNew) = words.index(of: part.baseAddress!, count: part.count)
          if isNew { frequencies.append(1) } else { frequencies[index] += 1 }
        }
      }
    }
  }

  private static func cut(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    guard word.count > longestWord else { return word.count }
    var end = longestWord
    while word[word.startIndex + end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }

  /// The tokenizer learned from all text added so far, with the ChatML template.
  public func train() -> Tokenizer {
    var special: [String] = []
    for token in specialTokens where !special.contains(token) && !token.isEmpty { special.append(token) }
    var learner = PairLearner(specialTokens: special)
    for index in 0..<words.count { learner.add(word: words.bytes(at: index), frequency: frequencies[index]) }
    learner.learn(upTo: vocabularySize, minimumFrequency: minimumFrequency)

    let definition = TokenizerDefinition(
      vocabulary: learner.vocabulary, merges: learner.namedMerges,
      addedTokens: special.enumerated().map { AddedToken(id: Int32($0), content: $1) },
      normalizer: nil, preTokenizer: Self.byteLevel, postProcessor: Self.byteLevel, decoder: Self.byteLevel)
    var settings = TokenizerSettings()
    settings.endToken = special.contains("<|endoftext|>") ? "<|endoftext|>" : special.first
    settings.paddingToken = settings.endToken
    // Everything in the definition was made above, so nothing in it can be unsupported.
    return try! Tokenizer(definition, settings: settings, file: "BytePairTrainer")
  }
}
