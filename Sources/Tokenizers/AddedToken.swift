/// A token that is found in the text as it stands, before any word is cut: `<|im_start|>` and its like.
struct AddedToken: Codable, Hashable, Sendable {
  var id: Int32
  var content: String
  var singleWord = false
  var lstrip = false
  var rstrip = false
  var normalized = false
  var special = true

  enum CodingKeys: String, CodingKey {
    case id, content, lstrip, rstrip, normalized, special
    case singleWord = "single_word"
  }
}

/// Finds added tokens in text, leftmost first and of those the longest.
struct AddedTokenMatcher: Sendable {
  enum Piece {
    case text(Range<Int>)
    case token(Int32)
  }

  private struct Candidate {
    var bytes: [UInt8]
    var token: AddedToken
  }

  /// Candidates by first byte, the longest first.
  private let candidates: [[Candidate]]
  private let startsToken: [Bool]
  let isEmpty: Bool

  /// - Parameter tokens: the tokens, each with the text to look for.
  init(_ tokens: [(text: String, token: AddedToken)]) {
    var byFirst = [[Candidate]](repeating: [], count: 256)
    for (text, token) in tokens where !text.isEmpty {
      let bytes = Array(text.utf8)
      byFirst[Int(bytes[0])].append(Candidate(bytes: bytes, token: token))
    }
    candidates = byFirst.map { $0.sorted { $0.bytes.count > $1.bytes.count } }
    startsToken = candidates.map { !$0.isEmpty }
    isEmpty = !startsToken.contains(true)
  }

  /// Cuts text into added tokens and what lies between them.
  func pieces(of text: UnsafeBufferPointer<UInt8>, parsingSpecial: Bool) -> [Piece] {
    var pieces: [Piece] = []
    var pending = 0
    var position = 0
    while position < text.count {
      guard startsToken[Int(text[position])], let match = longestMatch(in: text, at: position) else {
        position += 1
        continue
      }
      var range = position..<position + match.bytes.count
      position = range.upperBound
      if match.token.special && !parsingSpecial { continue }
      if match.token.singleWord && !Self.standsAlone(range, in: text) { continue }
      if match.token.lstrip {
        range = max(pending, Self.whitespaceStart(before: range.lowerBound, in: text))..<range.upperBound
      }
      if match.token.rstrip { range = range.lowerBound..<Self.whitespaceEnd(after: range.upperBound, in: text) }
      if pending < range.lowerBound { pieces.append(.text(pending..<range.lowerBound)) }
      pieces.append(.token(match.token.id))
      pending = range.upperBound
      position = max(position, pending)
    }
    if pending < text.count { pieces.append(.text(pending..<text.count)) }
    return pieces
  }

  private func longestMatch(in text: UnsafeBufferPointer<UInt8>, at position: Int) -> Candidate? {
    candidates[Int(text[position])].first { candidate in
      candidate.bytes.count <= text.count - position
        && candidate.bytes.indices.allSatisfy { candidate.bytes[$0] == text[position + $0] }
    }
  }

  private static func standsAlone(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
    let before = scalars(text[..<range.lowerBound]).last
    let after = scalars(text[range.upperBound...]).first
    return !(before.map(isWord) ?? false) && !(after.map(isWord) ?? false)
  }

  /// What `\w` means in Unicode: alphabetic, mark, decimal number, connector.
  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: true
    default: scalar.properties.isAlphabetic || scalar.properties.isJoinControl
    }
  }

  private static func whitespaceStart(before end: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    var start = end
    for scalar in scalars(text[..<end]).reversed() {
      guard scalar.properties.isWhitespace else { break }
      start -= scalar.utf8.count
    }
    return start
  }

  private static func whitespaceEnd(after start: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    var end = start
    for scalar in scalars(text[start...]) {
      guard scalar.properties.isWhitespace else { break }
      end += scalar.utf8.count
    }
    return end
  }

  private static func scalars(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String.UnicodeScalarView {
    String(decoding: bytes, as: UTF8.self).unicodeScalars
  }
}
