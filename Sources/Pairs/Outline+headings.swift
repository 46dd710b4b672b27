extension Outline {
  /// Headings written as "# Title", or as a bold paragraph that asks.
  ///
  /// Ingest normalises underlined and numbered headings of Markdown and plain text to the first form.
  func markdownHeadings() -> [Heading] {
    let bold = source.lines.indices.compactMap { fenced[$0] ? nil : boldQuestion($0) }
    // One bold question is a way to begin a paragraph; several are a FAQ without headings.
    let counted = bold.count >= 2 ? Dictionary(uniqueKeysWithValues: bold.map { ($0.lines.lowerBound, $0) }) : [:]
    return source.lines.indices.compactMap { fenced[$0] ? nil : atxHeading($0) ?? counted[$0] }
  }

  private func atxHeading(_ index: Int) -> Heading? {
    let line = source.lines[index]
    guard source.indentation(index) < 4 else { return nil }
    let content = source.trimmed(line)
    let level = source.bytes[content].prefix { $0 == UInt8(ascii: "#") }.count
    guard (1...6).contains(level) else { return nil }
    var text = content.lowerBound + level..<content.upperBound
    guard let first = source.bytes[text].first, first == 0x20 || first == 0x09 || first == 0xC2 else { return nil }
    text = source.trimmed(text)
    text = withoutClosingMarks(text)
    return heading(level: level, text: text, lines: index..<index + 1)
  }

  /// Drops the closing "##" and an "{#anchor}".
  private func withoutClosingMarks(_ range: Range<Int>) -> Range<Int> {
    var range = range
    let text = source.string(range)
    if text.hasSuffix("}"), let open = text.range(of: " {#", options: .backwards) {
      range = range.lowerBound..<range.lowerBound + text[..<open.lowerBound].utf8.count
    }
    let closing = source.bytes[range].reversed().prefix { $0 == UInt8(ascii: "#") }.count
    if closing > 0, closing < range.count, source.bytes[range.upperBound - closing - 1] == 0x20 {
      range = range.lowerBound..<range.upperBound - closing
    }
    return source.trimmed(range)
  }

  private func boldQuestion(_ index: Int) -> Heading? {
    let range = source.trimmed(source.lines[index])
    let text = source.string(range)
    guard text.hasPrefix("**"), text.hasSuffix("**"), text.utf8.count > 6,
      !text.dropFirst(2).dropLast(2).contains("**"),
      index == 0 || source.isBlank(index - 1)
    else { return nil }
    guard let heading = heading(level: 7, text: range, lines: index..<index + 1),
      heading.marksQuestion || heading.title.hasSuffix("?") || heading.title.hasSuffix("？"),
      !isLabelled(heading.title)
    else { return nil }
    return heading
  }

  /// Whether a title begins with the label of a note, as in "CULTURE Why Debian?".
  private func isLabelled(_ title: String) -> Bool {
    let words = title.split(separator: " ")
    guard words.count > 1, let label = words.first else { return false }
    return label.count >= 3 && label.allSatisfy { $0.isUppercase && $0.isASCII }
  }
}
