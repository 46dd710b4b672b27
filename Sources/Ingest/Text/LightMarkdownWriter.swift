import Store

/// Writes light Markdown block by block and keeps the map from each written byte to its source.
///
/// Blanks are collapsed, and a block begins with its first visible character, so that nothing empty is ever
/// written: no empty heading, item, emphasis or pair of backticks.
struct LightMarkdownWriter {
  /// What stands at the start of every line of a list item, a definition or a quotation.
  struct Prefix {
    /// Written once, on the first line (`- `, `2. `, `: `, `> `); nil when it is written already or never.
    var marker: String?
    var rest: String
  }

  enum Separator { case blankLine, line }

  private(set) var bytes: [UInt8] = []
  private(set) var spans = SpanMap()
  private var prefixes: [Prefix] = []
  private var separator = Separator.blankLine
  private var isInBlock = false
  private var blockStart = 0
  /// Written before the first character of the next block (`## `).
  var opening = ""
  /// Blank source bytes that become one space when another character follows.
  private var blank: (source: Range<Int>, hasNewline: Bool)?
  /// A line break was written inside a paragraph and nothing after it yet.
  private var pendingLineStart = false
  private var emphasis: [(mark: String, isWritten: Bool)] = []
  /// In table cells and headings nothing may end the line.
  var isSingleLine = false
  var escapesPipes = false

  var isEmpty: Bool { bytes.isEmpty }

  // MARK: Blocks

  /// Ends the current paragraph; the next character begins another block after a blank line.
  mutating func endBlock() {
    if isSingleLine { return space() }
    blank = nil
    closeEmphasis()
    opening = ""
    guard isInBlock else { return }
    isInBlock = false
    separator = .blankLine
  }

  /// Makes the next block stand directly below the last one, without a blank line.
  mutating func stayClose() {
    if !isInBlock { separator = .line }
  }

  mutating func push(_ prefix: Prefix) { prefixes.append(prefix) }

  /// - Returns: false when nothing was written under the prefix.
  @discardableResult
  mutating func pop() -> Bool { prefixes.removeLast().marker == nil }

  private mutating func beginBlock() {
    isInBlock = true
    if !bytes.isEmpty {
      bytes.append(10)
      if separator == .blankLine {
        appendPrefixes(trimmed: true)
        bytes.append(10)
      }
    }
    separator = .blankLine
    appendPrefixes(trimmed: false)
    bytes.append(contentsOf: opening.utf8)
    opening = ""
    blockStart = bytes.count
  }

  private mutating func appendPrefixes(trimmed: Bool) {
    for index in prefixes.indices {
      if !trimmed, let marker = prefixes[index].marker {
        bytes.append(contentsOf: marker.utf8)
        prefixes[index].marker = nil
      } else if prefixes[index].marker == nil {
        bytes.append(contentsOf: prefixes[index].rest.utf8)
      }
    }
    if trimmed { while bytes.last == 32 { bytes.removeLast() } }
  }

  // MARK: Inline text

  /// Starts an emphasis or inline code; its mark is written with the first character inside.
  mutating func open(mark: String) { emphasis.append((mark, false)) }

  mutating func closeMark() {
    guard let last = emphasis.popLast(), last.isWritten else { return }
    bytes.append(contentsOf: last.mark.utf8)
  }

  private mutating func closeEmphasis() {
    for index in emphasis.indices.reversed() where emphasis[index].isWritten {
      bytes.append(contentsOf: emphasis[index].mark.utf8)
      emphasis[index].isWritten = false
    }
  }

  /// A line break inside a paragraph.
  mutating func lineBreak() {
    guard isInBlock, !isSingleLine else { return space() }
    closeEmphasis()
    blank = nil
    bytes.append(10)
    appendPrefixes(trimmed: false)
    pendingLineStart = true
  }

  /// A blank that has no byte of its own in the source.
  mutating func space() {
    if isInBlock, blank == nil, !pendingLineStart { blank = (0..<0, false) }
  }

  /// Adds characters that have no source of their own, such as the number of a callout.
  mutating func append(synthetic text: String) {
    beginRun(firstByte: 48, rest: [])
    bytes.append(contentsOf: text.utf8)
  }

  /// Adds text whose blanks collapse. `source` are the bytes it was read from, of the same length when exact.
  mutating func append(_ text: ArraySlice<UInt8>, source: Range<Int>) {
    let isExact = text.count == source.count
    var position = text.startIndex
    while position < text.endIndex {
      let byte = text[position]
      let blankLength = ByteClass.blankLength(text, position)
      let place = isExact ? source.lowerBound + position - text.startIndex : source.lowerBound
      if blankLength > 0 {
        addBlank(
          source: isExact ? place..<place + blankLength : source, hasNewline: byte == 10 || byte == 13)
        position += blankLength
        continue
      }
      let dropped = ByteClass.droppedLength(text, position)
      if dropped > 0 {
        position += dropped
        continue
      }
      let end = ByteClass.endOfRun(text, position, stopsAtPipe: escapesPipes)
      beginRun(firstByte: byte, rest: text[position..<end])
      if byte == 124, escapesPipes { bytes.append(92) }
      let start = bytes.count
      bytes.append(contentsOf: text[position..<end])
      let from = isExact ? place..<place + end - position : source
      spans.append(text: start..<bytes.count, source: from)
      position = end
    }
  }

  private mutating func addBlank(source: Range<Int>, hasNewline: Bool) {
    guard isInBlock, !pendingLineStart else { return }
    guard let earlier = blank else {
      blank = (source, hasNewline)
      return
    }
    let joins = !earlier.source.isEmpty && earlier.source.upperBound == source.lowerBound
    blank = (joins ? earlier.source.lowerBound..<source.upperBound : source, earlier.hasNewline || hasNewline)
  }

  /// Writes what must stand before the next visible character: block start, blank, emphasis marks.
  private mutating func beginRun(firstByte: UInt8, rest: ArraySlice<UInt8>) {
    if !isInBlock {
      beginBlock()
    } else if let pending = blank, !pendingLineStart {
      let joins = firstByte >= 0x80 && EastAsian.joins(bytes[...], rest)
      if !pending.hasNewline || !(joins || EastAsian.endsInPunctuation(bytes[...])) {
        bytes.append(32)
        if !pending.source.isEmpty { spans.append(text: bytes.count - 1..<bytes.count, source: pending.source) }
      }
    }
    pendingLineStart = false
    blank = nil
    for index in emphasis.indices where !emphasis[index].isWritten {
      bytes.append(contentsOf: emphasis[index].mark.utf8)
      emphasis[index].isWritten = true
    }
    if bytes.count == blockStart, firstByte == 35, LightMarkdownWriter.looksLikeHeading(rest) { bytes.append(92) }
  }

  private static func looksLikeHeading(_ text: ArraySlice<UInt8>) -> Bool {
    // Runs end at blanks, so a run of hashes only is followed by one.
    text.count <= 6 && text.allSatisfy { $0 == 35 }
  }

  // MARK: Verbatim lines

  /// Writes a fenced block; `pieces` are the exact contents with the source of each.
  mutating func appendCode(_ pieces: [(text: [UInt8], source: Range<Int>)], language: String) {
    var longest = 0
    var run = 0
    for piece in pieces {
      for byte in piece.text {
        run = byte == 96 ? run + 1 : 0
        longest = max(longest, run)
      }
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    endBlock()
    beginBlock()
    bytes.append(contentsOf: (fence + language).utf8)
    var atLineStart = true
    bytes.append(10)
    for piece in pieces {
      let isExact = piece.text.count == piece.source.count
      var start = piece.text.startIndex
      while start < piece.text.endIndex {
        if piece.text[start] == 10 {
          if atLineStart, prefixes.contains(where: { $0.rest.contains(">") }) { appendPrefixes(trimmed: true) }
          bytes.append(10)
          atLineStart = true
          start += 1
          continue
        }
        if atLineStart { appendPrefixes(trimmed: false) }
        atLineStart = false
        let end = piece.text[start...].firstIndex(of: 10) ?? piece.text.endIndex
        let from = piece.source.lowerBound + start
        let written = bytes.count
        bytes.append(contentsOf: piece.text[start..<end])
        spans.append(text: written..<bytes.count, source: isExact ? from..<from + (end - start) : piece.source)
        start = end
      }
    }
    if !atLineStart { bytes.append(10) }
    appendPrefixes(trimmed: false)
    bytes.append(contentsOf: fence.utf8)
    isInBlock = false
    separator = .blankLine
  }

  // MARK: Table rows

  /// Adds a finished piece of Markdown on the current line, such as the bars of a table row.
  mutating func append(markup: String) {
    if !isInBlock { beginBlock() }
    blank = nil
    bytes.append(contentsOf: markup.utf8)
    pendingLineStart = true
  }

  /// Forgets a blank at the end of a cell.
  mutating func dropBlank() { blank = nil }

  /// Ends a row; the next one stands on the next line.
  mutating func endRow() {
    isInBlock = false
    pendingLineStart = false
    blank = nil
    separator = .line
  }

  /// Makes the next block stand below a blank line again, at the end of a list or table.
  mutating func standApart() {
    if !isInBlock { separator = .blankLine }
  }
}
