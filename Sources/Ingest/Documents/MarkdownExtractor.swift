/// Reads Markdown as it is: front matter becomes metadata, underlined headings become `#` ones, comments go.
enum MarkdownExtractor {
  static func extract(_ bytes: [UInt8]) -> ExtractedDocument {
    let source = SourceLines(bytes)
    let front = FrontMatter(source)
    var cleaner = MarkdownCleaner(source: source)
    cleaner.run(from: front.length)
    let text = cleaner.output.string
    var metadata = front.values
    let title = metadata.removeValue(forKey: "title") ?? firstHeading(text)
    let license = metadata["license"] ?? metadata["licence"] ?? StatedLicense.find(in: bytes)
    if let language = metadata.removeValue(forKey: "lang") ?? metadata.removeValue(forKey: "language") {
      metadata["declaredLanguage"] = language
    }
    return ExtractedDocument(
      title: title, text: text, spans: cleaner.output.spans, metadata: metadata, license: license)
  }

  /// The first heading of the highest level.
  private static func firstHeading(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    var best: (level: Int, title: String)?
    for block in TextBlock.blocks(of: text) {
      guard case .heading(let level) = block.kind, level < best?.level ?? 7 else { continue }
      best = (level, String(decoding: bytes[block.range].dropFirst(level + 1), as: UTF8.self))
    }
    return best?.title
  }
}

/// Copies Markdown line by line.
private struct MarkdownCleaner {
  let source: SourceLines
  var output = SpannedText()
  private var fence: (byte: UInt8, count: Int)?
  private var blankPending = false

  init(source: SourceLines) {
    self.source = source
  }

  mutating func run(from first: Int) {
    var line = first
    while line < source.lines.count {
      line = take(line)
    }
  }

  /// - Returns: the next line to read.
  private mutating func take(_ line: Int) -> Int {
    if fence != nil || opensFence(line) {
      copyFenceLine(line)
      return line + 1
    }
    if source.isBlank(line) {
      blankPending = true
      return line + 1
    }
    if let end = commentEnd(line) { return end + 1 }
    if let level = underline(line) {
      blankPending = true
      startLine()
      output.add(level == 1 ? "# " : "## ", for: source.lines[line + 1])
      output.copy(source.content(line), of: source.bytes)
      blankPending = true
      return line + 2
    }
    startLine()
    output.copy(headingBody(line) ?? source.body(line), of: source.bytes)
    return line + 1
  }

  private mutating func startLine() {
    if !output.bytes.isEmpty { output.add(blankPending ? "\n\n" : "\n") }
    blankPending = false
  }

  // MARK: Code

  private func opensFence(_ line: Int) -> Bool {
    guard source.indent(line) < 4 || !blankPending else { return false }
    return fenceRun(line) >= 3
  }

  private func fenceRun(_ line: Int) -> Int {
    let content = source.content(line)
    guard let first = content.first, source.bytes[first] == 96 || source.bytes[first] == 126 else { return 0 }
    return content.prefix { source.bytes[$0] == source.bytes[first] }.count
  }

  private mutating func copyFenceLine(_ line: Int) {
    let content = source.content(line)
    let run = fenceRun(line)
    if let open = fence {
      // Empty lines inside a fence are part of the code.
      output.add("\n")
      output.copy(source.lines[line], of: source.bytes)
      if run >= open.count, run == content.count, source.bytes[content.lowerBound] == open.byte { fence = nil }
      return
    }
    startLine()
    output.copy(source.body(line), of: source.bytes)
    fence = (source.bytes[content.lowerBound], run)
  }

  // MARK: Headings and comments

  /// The level of a heading whose underline is the next line.
  private func underline(_ line: Int) -> Int? {
    guard blankPending || output.bytes.isEmpty, line + 1 < source.lines.count, source.indent(line) < 4 else {
      return nil
    }
    let rule = source.content(line + 1)
    guard rule.count >= 2, source.indent(line + 1) < 4, let mark = rule.first.map({ source.bytes[$0] }) else {
      return nil
    }
    guard mark == 61 || mark == 45, rule.allSatisfy({ source.bytes[$0] == mark }) else { return nil }
    let first = source.bytes[source.content(line).lowerBound]
    let startsOtherBlock = first == 35 || first == 62 || first == 124 || first == 45 || first == 42 || first == 43
    return startsOtherBlock ? nil : mark == 61 ? 1 : 2
  }

  /// A `# heading ##` without its closing marks.
  private func headingBody(_ line: Int) -> Range<Int>? {
    let content = source.content(line)
    let level = content.prefix { source.bytes[$0] == 35 }.count
    guard (1...6).contains(level), level < content.count, source.bytes[content.lowerBound + level] == 32 else {
      return nil
    }
    var end = content.upperBound
    while end > content.lowerBound + level, source.bytes[end - 1] == 35 { end -= 1 }
    guard end < content.upperBound, source.bytes[end - 1] == 32 else { return content }
    while end > content.lowerBound + level, source.bytes[end - 1] == 32 { end -= 1 }
    return content.lowerBound..<end
  }

  /// The last line of a comment that begins on this line and has nothing beside it.
  private func commentEnd(_ line: Int) -> Int? {
    guard source.bytes[source.content(line)].starts(with: Array("<!--".utf8)) else { return nil }
    var end = line
    while end < source.lines.count {
      let text = source.string(source.content(end))
      if text.hasSuffix("-->") { return end }
      if text.contains("-->") { return nil }
      end += 1
    }
    return nil
  }
}
