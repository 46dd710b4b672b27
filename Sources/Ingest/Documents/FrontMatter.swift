/// The block of `key: value` lines between `---` (YAML) or `+++` (TOML) at the head of a Markdown file.
struct FrontMatter {
  private(set) var values: [String: String] = [:]
  /// How many lines it takes, its fences included; 0 when there is none.
  private(set) var length = 0

  init(_ source: SourceLines) {
    guard let first = source.lines.first else { return }
    let mark = source.string(first)
    guard mark == "---" || mark == "+++" else { return }
    guard let end = (1..<min(source.lines.count, 200)).first(where: { source.string(source.body($0)) == mark }) else {
      return
    }
    let separator: Character = mark == "---" ? ":" : "="
    for line in 1..<end where source.indent(line) == 0 {
      let text = source.string(source.content(line))
      guard let split = text.firstIndex(of: separator), split > text.startIndex else { continue }
      let key = trimmed(text[..<split]).lowercased()
      let value = trimmed(text[text.index(after: split)...])
      if !value.isEmpty, !key.hasPrefix("#") { values[key] = value }
    }
    // A rule below some text is no front matter.
    guard !values.isEmpty || end == 1 else { return }
    length = end + 1
  }

  private func trimmed(_ text: Substring) -> String {
    let inner = text.drop { $0.isWhitespace }
    let end = inner.lastIndex { !$0.isWhitespace }.map { inner.index(after: $0) } ?? inner.startIndex
    let value = inner[..<end]
    guard value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote else {
      return String(value)
    }
    return String(value.dropFirst().dropLast())
  }
}
