/// One block of light Markdown (a heading, a paragraph, a whole list, table or code block) and its place.
public struct TextBlock: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case heading(level: Int)
    case paragraph
    case list
    case definition
    case code
    case table
    case quote
  }

  public var kind: Kind
  /// UTF-8 bytes of the text, without the line end behind the block.
  public var range: Range<Int>
  /// The headings above this block, outermost first; a heading's own text is not part of its path.
  public var headingPath: [String]

  /// The text of the first heading.
  static func firstHeading(of bytes: [UInt8]) -> String? {
    var scanner = TextBlockScanner(bytes: bytes)
    let last = scanner.scan(stopsAtHeading: true).last
    guard let last, case .heading(let level) = last.kind else { return nil }
    return String(decoding: bytes[last.range].dropFirst(level + 1), as: UTF8.self)
  }

  /// Splits light Markdown into its blocks, in order. Every byte that is not blank belongs to one block.
  public static func blocks(of text: String) -> [TextBlock] {
    var scanner = TextBlockScanner(bytes: Array(text.utf8))
    return scanner.scan()
  }
}

/// Reads blocks line by line.
private struct TextBlockScanner {
  let bytes: [UInt8]
  private var blocks: [TextBlock] = []
  private var path: [(level: Int, title: String)] = []
  private var open: (kind: TextBlock.Kind, start: Int, end: Int)?

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func scan(stopsAtHeading: Bool = false) -> [TextBlock] {
    var position = 0
    var fence: (byte: UInt8, count: Int)?
    var afterBlank = true
    while position < bytes.count {
      let end = bytes[position...].firstIndex(of: 10) ?? bytes.count
      let line = position..<end
      let next = end + 1
      let indent = bytes[line].prefix { $0 == 32 }.count
      let content = line.dropFirst(indent)
      if let (byte, count) = fence {
        extend(to: end)
        let run = bytes[content].prefix { $0 == byte }.count
        if run >= count, run == content.count { fence = nil }
      } else if content.isEmpty {
        afterBlank = true
      } else {
        take(line: line, indent: indent, content: content, afterBlank: afterBlank, fence: &fence)
        afterBlank = false
        if stopsAtHeading, !path.isEmpty { return blocks }
      }
      position = next
    }
    close()
    return blocks
  }

  private mutating func take(
    line: Range<Int>, indent: Int, content: Range<Int>, afterBlank: Bool, fence: inout (byte: UInt8, count: Int)?
  ) {
    let ticks = bytes[content].prefix { $0 == 96 }.count
    let tildes = bytes[content].prefix { $0 == 126 }.count
    let opensFence = max(ticks, tildes) >= 3
    if opensFence { fence = ticks >= 3 ? (96, ticks) : (126, tildes) }

    if let current = open {
      switch current.kind {
      case .list, .definition:
        let sameList = current.kind == .list && listMarkerWidth(content) != nil
        if indent >= 2 || sameList || (!afterBlank && !opensFence && headingLevel(content) == nil) {
          return extend(to: line.upperBound)
        }
      case .paragraph where !afterBlank && !opensFence && headingLevel(content) == nil:
        if startsDefinition(content) { open?.kind = .definition }
        return extend(to: line.upperBound)
      case .table where !afterBlank && bytes[content.lowerBound] == 124, .quote where !afterBlank:
        return extend(to: line.upperBound)
      default: break
      }
    }
    close()
    if opensFence {
      open = (.code, line.lowerBound, line.upperBound)
    } else if indent < 4, let level = headingLevel(content) {
      heading(level: level, line: line, content: content)
    } else if listMarkerWidth(content) != nil {
      open = (.list, line.lowerBound, line.upperBound)
    } else if bytes[content.lowerBound] == 124 {
      open = (.table, line.lowerBound, line.upperBound)
    } else if bytes[content.lowerBound] == 62 {
      open = (.quote, line.lowerBound, line.upperBound)
    } else {
      open = (.paragraph, line.lowerBound, line.upperBound)
    }
  }

  private mutating func heading(level: Int, line: Range<Int>, content: Range<Int>) {
    path.removeAll { $0.level >= level }
    blocks.append(TextBlock(kind: .heading(level: level), range: line, headingPath: path.map(\.title)))
    let title = bytes[content].dropFirst(level).drop { $0 == 32 }
    path.append((level, String(decoding: title, as: UTF8.self)))
  }

  private mutating func extend(to end: Int) {
    open?.end = end
  }

  private mutating func close() {
    guard let block = open else { return }
    blocks.append(TextBlock(kind: block.kind, range: block.start..<block.end, headingPath: path.map(\.title)))
    open = nil
  }

  private func headingLevel(_ content: Range<Int>) -> Int? {
    let count = bytes[content].prefix { $0 == 35 }.count
    guard (1...6).contains(count), count < content.count, bytes[content.lowerBound + count] == 32 else { return nil }
    return count
  }

  private func startsDefinition(_ content: Range<Int>) -> Bool {
    content.count >= 2 && bytes[content.lowerBound] == 58 && bytes[content.lowerBound + 1] == 32
  }

  /// The width of `- `, `* `, `+ ` or `12. ` at the start of a line.
  private func listMarkerWidth(_ content: Range<Int>) -> Int? {
    let first = bytes[content.lowerBound]
    if first == 45 || first == 42 || first == 43 {
      return content.count >= 2 && bytes[content.lowerBound + 1] == 32 ? 2 : nil
    }
    let digits = bytes[content].prefix { (48...57).contains($0) }.count
    guard (1...9).contains(digits), content.count >= digits + 2 else { return nil }
    let mark = bytes[content.lowerBound + digits]
    return (mark == 46 || mark == 41) && bytes[content.lowerBound + digits + 1] == 32 ? digits + 2 : nil
  }
}
