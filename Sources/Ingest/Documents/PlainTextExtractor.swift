/// Reads plain text: wrapped lines become paragraphs, underlined and numbered headings become `#` headings, bullets
/// become `- ` items. Text that is laid out by hand (columns, verse, listings) keeps its lines.
enum PlainTextExtractor {
  static func extract(_ bytes: [UInt8]) -> ExtractedDocument {
    var reader = PlainTextReader(source: SourceLines(bytes))
    reader.run()
    return ExtractedDocument(
      title: reader.title, text: reader.output.string, spans: reader.output.spans,
      license: StatedLicense.find(in: bytes))
  }
}

/// Turns runs of lines into blocks.
private struct PlainTextReader {
  let source: SourceLines
  var output = SpannedText()
  private(set) var title: String?
  /// The indents of the bullets that are open, outermost first.
  private var bullets: [(column: Int, content: Int)] = []

  init(source: SourceLines) {
    self.source = source
  }

  mutating func run() {
    var line = 0
    while line < source.lines.count {
      if source.isBlank(line) || isRule(line) {
        line += 1
        continue
      }
      var end = line + 1
      while end < source.lines.count, !source.isBlank(end), !isRule(end), !startsItem(end) { end += 1 }
      if end == line + 1, let level = underlineLevel(end) {
        heading(line..<end, level: level)
        line = end + 1
        continue
      }
      if let level = numberedLevel(line..<end) {
        heading(line..<end, level: level)
      } else {
        block(line..<end)
      }
      line = end
    }
    title = firstLine() ?? title
  }

  private func firstLine() -> String? {
    let text = output.string
    guard let line = text.split(separator: "\n").first, line.count <= 80, !line.hasPrefix("- ") else { return nil }
    return String(line.drop { $0 == "#" || $0 == " " })
  }

  // MARK: Headings

  /// A line of one repeated sign: the underline of the line above it, or a rule between sections.
  private func isRule(_ line: Int) -> Bool {
    let content = source.content(line)
    guard content.count >= 3, let first = content.first.map({ source.bytes[$0] }) else { return false }
    guard first == 61 || first == 45 || first == 126 || first == 95 || first == 42 else { return false }
    return content.allSatisfy { source.bytes[$0] == first }
  }

  private func underlineLevel(_ line: Int) -> Int? {
    guard line < source.lines.count, isRule(line), !source.isBlank(line - 1) else { return nil }
    let width = columns(source.string(source.content(line - 1)))
    let rule = source.content(line)
    guard rule.count >= width / 2, rule.count <= width * 2 + 4, width <= 100 else { return nil }
    return source.bytes[rule.lowerBound] == 61 ? 1 : 2
  }

  /// "1.2. What is this?" alone on its lines, left of the text it stands over; "第 3 章 …" anywhere.
  private func numberedLevel(_ lines: Range<Int>) -> Int? {
    guard lines.count <= 4, lines.allSatisfy({ source.indent($0) == source.indent(lines.lowerBound) }) else {
      return nil
    }
    let first = source.string(source.content(lines.lowerBound))
    if first.firstMatch(of: /^(Chapter|Appendix|Part) [0-9A-Z]+\b/) != nil { return 1 }
    if first.firstMatch(of: /^(第 ?[0-9一二三四五六七八九十]+ ?[章部]|附录)/) != nil { return 1 }
    guard let match = first.firstMatch(of: /^([0-9]+(?:\.[0-9]+)*)\.? +\S/) else { return nil }
    guard let last = source.string(source.content(lines.upperBound - 1)).last, !".:,;。：，；".contains(last) else {
      return nil
    }
    guard let next = (lines.upperBound..<source.lines.count).first(where: { !source.isBlank($0) }) else { return nil }
    guard source.indent(next) > source.indent(lines.lowerBound) else { return nil }
    return min(6, match.1.split(separator: ".").count)
  }

  private mutating func heading(_ lines: Range<Int>, level: Int) {
    bullets = []
    separate()
    output.add(String(repeating: "#", count: level) + " ")
    let start = output.bytes.count
    join(lines)
    title = title ?? String(decoding: output.bytes[start...], as: UTF8.self)
  }

  // MARK: Paragraphs and items

  private mutating func block(_ lines: Range<Int>) {
    let first = lines.lowerBound
    let column = source.indent(first)
    if let marker = markerLength(first) {
      while let last = bullets.last, last.column >= column { bullets.removeLast() }
      separate(close: !bullets.isEmpty || endsInItem)
      output.add(indentation(bullets.count) + "- ")
      bullets.append((column, column + marker))
      join(lines, droppingFirst: marker)
      endsInItem = true
      return
    }
    while let last = bullets.last, column < last.content { bullets.removeLast() }
    endsInItem = false
    separate()
    let prefix = indentation(bullets.count)
    if isWrapped(lines) {
      output.add(prefix)
      join(lines)
    } else {
      keep(lines, prefix: prefix)
    }
  }

  /// Whether the last block written is an item, so that the next one stands directly below it.
  private var endsInItem = false

  private func indentation(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

  private mutating func separate(close: Bool = false) {
    if !output.bytes.isEmpty { output.add(close ? "\n" : "\n\n") }
    endsInItem = false
  }

  private func startsItem(_ line: Int) -> Bool { markerLength(line) != nil }

  /// The length of `* `, `- `, `+ `, `o ` or `• ` at the head of a line.
  private func markerLength(_ line: Int) -> Int? {
    let content = source.content(line)
    guard content.count >= 3 else { return nil }
    let bytes = source.bytes[content]
    for mark in ["* ", "- ", "+ ", "o ", "• "] where bytes.starts(with: mark.utf8) { return mark.utf8.count }
    return nil
  }

  /// Whether line ends only come from the width of the page: the lines are long, of one indent and without columns.
  private func isWrapped(_ lines: Range<Int>) -> Bool {
    if lines.count == 1 { return true }
    let indents = lines.dropFirst().map { source.indent($0) }
    guard Set(indents).count == 1, abs(indents[0] - source.indent(lines.lowerBound)) <= 4 else { return false }
    var width = 0
    for line in lines {
      let text = source.string(source.content(line))
      if text.contains("   ") { return false }
      if line < lines.upperBound - 1 { width += columns(text) }
    }
    return width >= 40 * (lines.count - 1)
  }

  private func columns(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) {
      $0 + (EastAsian.isIdeographic($1.value) || EastAsian.isPunctuation($1.value) ? 2 : 1)
    }
  }

  /// Writes lines as one, with a space at each line end but between Chinese characters.
  private mutating func join(_ lines: Range<Int>, droppingFirst: Int = 0) {
    for line in lines {
      var content = source.content(line)
      if line == lines.lowerBound { content = content.dropFirst(droppingFirst) }
      while let first = content.first, source.bytes[first] == 32 { content = content.dropFirst() }
      if line > lines.lowerBound, !EastAsian.joins(output.bytes[...], source.bytes[content]),
        !EastAsian.endsInPunctuation(output.bytes[...])
      {
        output.add(" ", for: content.lowerBound..<content.lowerBound)
      }
      output.copy(content, of: source.bytes)
    }
  }

  private mutating func keep(_ lines: Range<Int>, prefix: String) {
    let common = lines.map { source.indent($0) }.min() ?? 0
    for line in lines {
      if line > lines.lowerBound { output.add("\n") }
      let extra = source.indent(line) - common
      output.add(prefix + String(repeating: " ", count: extra))
      output.copy(source.content(line), of: source.bytes)
    }
  }
}
