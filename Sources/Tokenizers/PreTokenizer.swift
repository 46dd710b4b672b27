/// Cuts text into the words within which merges happen.
struct PreTokenizer: Sendable {
  /// GPT-2's pattern, which `ByteLevel` with `use_regex` means.
  static let gpt2Pattern =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  enum Stage: Sendable {
    /// Every match is a piece; what lies between matches is a piece too, or dropped.
    case split(Pattern, keepsGaps: Bool)
    /// Each piece gets a leading space unless it has one.
    case prefixSpace
  }

  let stages: [Stage]

  /// - Throws: `TokenizerError.unsupported` naming the type or option that is not known here.
  init(_ json: JSONValue?, file: String) throws {
    guard let json else {
      throw TokenizerError.unsupported(file: file, feature: "a null pre_tokenizer", supported: "ByteLevel")
    }
    var isByteLevel = false
    stages = try Self.stages(json, file: file, isByteLevel: &isByteLevel)
    if !isByteLevel {
      throw TokenizerError.unsupported(
        file: file, feature: "a pre_tokenizer without ByteLevel (\(json.type))",
        supported: "byte-level BPE, as GPT-2, Llama 3, Qwen and SmolLM have it")
    }
  }

  private static func stages(_ json: JSONValue, file: String, isByteLevel: inout Bool) throws -> [Stage] {
    switch json.type {
    case "Sequence":
      var stages: [Stage] = []
      for part in json["pretokenizers"]?.array ?? [] {
        stages += try Self.stages(part, file: file, isByteLevel: &isByteLevel)
      }
      return stages
    case "ByteLevel":
      isByteLevel = true
      var stages: [Stage] = []
      if json["add_prefix_space"]?.bool ?? true { stages.append(.prefixSpace) }
      if json["use_regex"]?.bool ?? true {
        stages.append(.split(try Pattern(gpt2Pattern, file: file), keepsGaps: true))
      }
      return stages
    case "Digits":
      let pattern = json["individual_digits"]?.bool ?? false ? #"\p{N}"# : #"\p{N}+"#
      return [.split(try Pattern(pattern, file: file), keepsGaps: true)]
    case "Split":
      return [try split(json, file: file)]
    default:
      throw TokenizerError.unsupported(
        file: file, feature: "the pre_tokenizer \(json.type)", supported: "ByteLevel, Split, Digits, Sequence")
    }
  }

  private static func split(_ json: JSONValue, file: String) throws -> Stage {
    let source: String
    if let regex = json["pattern"]?["Regex"]?.string {
      source = regex
    } else if let text = json["pattern"]?["String"]?.string {
      source = "\\Q" + text.replacing("\\E", with: "\\E\\\\E\\Q") + "\\E"
    } else {
      throw TokenizerError.inconsistent(file: file, reason: "a Split pre_tokenizer has no pattern")
    }
    let pattern = try Pattern(source, file: file)
    switch (json["behavior"]?.string ?? "", json["invert"]?.bool ?? false) {
    case ("Isolated", _): return .split(pattern, keepsGaps: true)
    case ("Removed", true): return .split(pattern, keepsGaps: false)
    case (let behavior, let isInverted):
      throw TokenizerError.unsupported(
        file: file, feature: "a Split pre_tokenizer with behavior \(behavior)\(isInverted ? " inverted" : "")",
        supported: "Isolated, and Removed inverted")
    }
  }

  /// What one run needs; one for each thread.
  final class Scratch: @unchecked Sendable {
    fileprivate let match = Pattern.MatchData()
    fileprivate var pieces: [Range<Int>] = []
    fileprivate var split: [Range<Int>] = []
  }

  /// Calls `body` with the bytes of every word, in order.
  func forEachWord(
    in text: UnsafeBufferPointer<UInt8>, using scratch: Scratch, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    if text.isEmpty { return }
    scratch.pieces.removeAll(keepingCapacity: true)
    scratch.pieces.append(0..<text.count)
    run(stages[...], on: text, using: scratch, body)
  }

  private func run(
    _ stages: ArraySlice<Stage>, on text: UnsafeBufferPointer<UInt8>, using scratch: Scratch,
    _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    guard let stage = stages.first else {
      for piece in scratch.pieces { body(UnsafeBufferPointer(rebasing: text[piece])) }
      return
    }
    switch stage {
    case .split(let pattern, let keepsGaps):
      scratch.split.removeAll(keepingCapacity: true)
      for piece in scratch.pieces {
        Self.split(
          UnsafeBufferPointer(rebasing: text[piece]), at: piece.lowerBound, by: pattern, keepsGaps: keepsGaps, scratch)
      }
      swap(&scratch.pieces, &scratch.split)
      run(stages.dropFirst(), on: text, using: scratch, body)
    case .prefixSpace:
      var prefixed: [UInt8] = []
      prefixed.reserveCapacity(text.count + scratch.pieces.count)
      for index in scratch.pieces.indices {
        let piece = scratch.pieces[index]
        let start = prefixed.count
        if text[piece.lowerBound] != UInt8(ascii: " ") { prefixed.append(UInt8(ascii: " ")) }
        prefixed.append(contentsOf: text[piece])
        scratch.pieces[index] = start..<prefixed.count
      }
      prefixed.withUnsafeBufferPointer { run(stages.dropFirst(), on: $0, using: scratch, body) }
    }
  }

  private static func split(
    _ piece: UnsafeBufferPointer<UInt8>, at offset: Int, by pattern: Pattern, keepsGaps: Bool, _ scratch: Scratch
  ) {
    var end = 0
    pattern.forEachMatch(in: piece, using: scratch.match) { match in
      if keepsGaps && match.lowerBound > end { scratch.split.append(offset + end..<offset + match.lowerBound) }
      scratch.split.append(offset + match.lowerBound..<offset + match.upperBound)
      end = match.upperBound
    }
    if keepsGaps && end < piece.count { scratch.split.append(offset + end..<offset + piece.count) }
  }
}
