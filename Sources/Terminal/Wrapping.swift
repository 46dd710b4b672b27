/// Breaks text into lines of at most `width` columns.
///
/// Lines break at spaces and, as Chinese and Japanese need it, between wide characters; never before closing
/// punctuation nor after an opening bracket. A word longer than a line is cut. Line ends in `text` are kept, and so
/// is the indentation of each line.
/// - Parameters:
///   - indent: Put before every line but the first that comes from one line of `text`.
public func wrap(_ text: some StringProtocol, width: Int, indent: String = "") -> [String] {
  text.split(separator: "\n", omittingEmptySubsequences: false)
    .flatMap { wrapLine($0, width: max(1, width), indent: indent) }
}

private func wrapLine(_ line: some StringProtocol, width: Int, indent: String) -> [String] {
  guard line.displayWidth > width else { return [String(line)] }
  var lines: [String] = []
  var current = String(line.prefix { $0 == " " })
  var currentWidth = current.displayWidth
  var hasContent = false
  var spaces = 0

  func newLine() {
    lines.append(current)
    current = indent
    currentWidth = indent.displayWidth
    hasContent = false
  }

  for piece in unbreakablePieces(of: line.drop { $0 == " " }) {
    let pieceWidth = piece.text.displayWidth
    if hasContent, currentWidth + spaces + pieceWidth > width { newLine() }
    if hasContent {
      current += String(repeating: " ", count: spaces)
      currentWidth += spaces
    }
    var rest = piece.text
    while currentWidth + rest.displayWidth > width {
      // A wide character may not fit in one column: take it all the same, so that the loop always advances.
      var head = rest.prefix(columns: width - currentWidth)
      if head.isEmpty {
        if hasContent || currentWidth > indent.displayWidth {
          newLine()
          continue
        }
        head = rest.prefix(1)
      }
      current += head
      rest = rest[head.endIndex...]
      hasContent = true
      if !rest.isEmpty { newLine() } else { currentWidth += head.displayWidth }
      if rest.isEmpty { break }
    }
    current += rest
    currentWidth += rest.displayWidth
    hasContent = true
    spaces = piece.spacesAfter
  }
  lines.append(current)
  return lines
}

private struct Piece {
  var text: Substring
  var spacesAfter: Int
}

private func unbreakablePieces(of line: some StringProtocol) -> [Piece] {
  let text = Substring(line)
  var pieces: [Piece] = []
  var start = text.startIndex
  var index = start
  while index < text.endIndex {
    let character = text[index]
    let next = text.index(after: index)
    if character == " " {
      if start < index { pieces.append(Piece(text: text[start..<index], spacesAfter: 0)) }
      if !pieces.isEmpty { pieces[pieces.count - 1].spacesAfter += 1 }
      start = next
    } else if next < text.endIndex, text[next] != " ", canBreak(between: character, and: text[next]) {
      pieces.append(Piece(text: text[start..<next], spacesAfter: 0))
      start = next
    }
    index = next
  }
  if start < text.endIndex { pieces.append(Piece(text: text[start...], spacesAfter: 0)) }
  return pieces
}

private let neverAtLineStart: Set<Character> = Set("。，、；：！？）】》」』〉〕〗｝］”’…—～·%,.;:!?)]}»›々ーぁぃぅぇぉっゃゅょァィゥェォッャュョ")
private let neverAtLineEnd: Set<Character> = Set("（【《「『〈〔〖｛［“‘([{«‹")

private func canBreak(between first: Character, and second: Character) -> Bool {
  guard first.isWide || second.isWide else { return first == "-" && second.isLetter }
  return !neverAtLineStart.contains(second) && !neverAtLineEnd.contains(first)
}
