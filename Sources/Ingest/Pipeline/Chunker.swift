import Store

/// Cuts documents at headings and blocks into pieces of at most a given length.
public enum Chunker {
  /// A piece of a document's text.
  public struct Piece: Sendable, Equatable {
    /// UTF-8 bytes of the text.
    public var range: Range<Int>
    /// The headings it stands under, its own included.
    public var headingPath: [String]
  }

  /// Cuts a text. A piece never goes beyond its section; a block that is too long is cut at sentence ends.
  ///
  /// - Parameter maximum: the length of a piece, in characters.
  public static func pieces(of text: String, maximum: Int = 1200) -> [Piece] {
    let bytes = Array(text.utf8)
    var pieces: [Piece] = []
    var open: (range: Range<Int>, path: [String], hasBody: Bool)?
    func flush() {
      if let piece = open { pieces.append(Piece(range: piece.range, headingPath: piece.path)) }
      open = nil
    }
    for block in TextBlock.blocks(of: text) {
      if case .heading(let level) = block.kind {
        if open?.hasBody == true { flush() }
        let title = String(decoding: bytes[block.range].dropFirst(level + 1), as: UTF8.self)
        let start = open?.range.lowerBound ?? block.range.lowerBound
        open = (start..<block.range.upperBound, block.headingPath + [title], false)
        continue
      }
      let start = open?.range.lowerBound ?? block.range.lowerBound
      if characters(bytes[start..<block.range.upperBound]) <= maximum {
        open = (start..<block.range.upperBound, open?.path ?? block.headingPath, true)
        continue
      }
      let path = open?.path ?? block.headingPath
      if open?.hasBody == true { flush() }
      let first = open?.range.lowerBound ?? block.range.lowerBound
      let parts = cut(first..<block.range.upperBound, of: bytes, maximum: maximum)
      for part in parts.dropLast() { pieces.append(Piece(range: part, headingPath: path)) }
      open = parts.last.map { ($0, path, true) }
    }
    flush()
    return pieces
  }

  private static func characters(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
  }

  /// Cuts at the last line end or sentence end that fits, else at the last blank, else between two characters.
  private static func cut(_ range: Range<Int>, of bytes: [UInt8], maximum: Int) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = range.lowerBound
    while start < range.upperBound {
      var position = start
      var count = 0
      var sentence: Int?
      var blank: Int?
      while position < range.upperBound, count < maximum {
        let next = position + characterLength(bytes[position])
        if isSentenceEnd(bytes, position, next) { sentence = next }
        if bytes[position] == 32 { blank = next }
        position = next
        count += 1
      }
      let end = position >= range.upperBound ? range.upperBound : sentence ?? blank ?? position
      let part = trimmed(start..<end, bytes)
      if !part.isEmpty { parts.append(part) }
      start = end
    }
    return parts
  }

  private static func characterLength(_ lead: UInt8) -> Int { lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4 }

  /// After a line end, `. `, `! `, `? `, or one of 。！？；.
  private static func isSentenceEnd(_ bytes: [UInt8], _ position: Int, _ next: Int) -> Bool {
    let byte = bytes[position]
    if byte == 10 { return true }
    if byte == 46 || byte == 33 || byte == 63 { return next < bytes.count && bytes[next] == 32 }
    guard byte >= 0xE3, next - position == 3 else { return false }
    let scalar =
      UInt32(byte & 0x0F) << 12 | UInt32(bytes[position + 1] & 0x3F) << 6 | UInt32(bytes[position + 2] & 0x3F)
    return scalar == 0x3002 || scalar == 0xFF01 || scalar == 0xFF1F || scalar == 0xFF1B
  }

  private static func trimmed(_ range: Range<Int>, _ bytes: [UInt8]) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, bytes[start] == 32 || bytes[start] == 10 { start += 1 }
    while end > start, bytes[end - 1] == 32 || bytes[end - 1] == 10 { end -= 1 }
    return start..<end
  }
}
