/// The headings of a light-Markdown document and the lines that belong to each.
struct Outline: Sendable {
  struct Heading: Sendable, Equatable {
    /// 1 to 6 as in Markdown; 7 for a paragraph in bold that asks a question.
    var level: Int
    /// The words alone: no marks, no number.
    var title: String
    /// The source bytes of `title`.
    var titleRange: Range<Int>
    /// The lines of the heading itself.
    var lines: Range<Int>
    /// True when a prefix such as "Q12." says that this is a question.
    var marksQuestion: Bool
    /// Index of the heading above, if any.
    var parent: Int?
  }

  let source: SourceText
  private(set) var headings: [Heading] = []
  /// For each line, whether it lies in a fenced block (fences included).
  let fenced: [Bool]

  init(_ text: String) {
    source = SourceText(text)
    fenced = Outline.fencedLines(source)
    headings = markdownHeadings()
    linkParents()
  }

  /// The heading's own lines: up to the next heading of any level.
  func ownLines(_ index: Int) -> Range<Int> {
    let end = index + 1 < headings.count ? headings[index + 1].lines.lowerBound : source.lines.count
    return headings[index].lines.upperBound..<end
  }

  /// Index after the last heading inside section `index`.
  func endOfSection(_ index: Int) -> Int {
    let level = headings[index].level
    return headings[(index + 1)...].firstIndex { $0.level <= level } ?? headings.count
  }

  /// Titles of the headings above `index`, nearest first.
  func ancestors(_ index: Int) -> [String] {
    var titles: [String] = []
    var at = headings[index].parent
    while let parent = at {
      titles.append(headings[parent].title)
      at = headings[parent].parent
    }
    return titles
  }

  private mutating func linkParents() {
    var open: [Int] = []
    for index in headings.indices {
      while let last = open.last, headings[last].level >= headings[index].level { open.removeLast() }
      headings[index].parent = open.last
      open.append(index)
    }
  }

  /// A heading whose words lie in `range`, cleaned of Markdown marks and of its number.
  func heading(level: Int, text range: Range<Int>, lines: Range<Int>) -> Heading? {
    let words = InlineMarks.unwrapped(source, source.trimmed(range))
    let text = source.string(words)
    let prefix = SectionNumber.prefix(of: text)
    let dropped = text.unicodeScalars.prefix(prefix?.scalarCount ?? 0).reduce(0) { $0 + UTF8.width($1) }
    let titleRange = InlineMarks.unwrapped(source, words.lowerBound + dropped..<words.upperBound)
    guard !titleRange.isEmpty else { return nil }
    let title = InlineMarks.plain(source.string(titleRange))
    return Heading(
      level: level, title: title, titleRange: titleRange, lines: lines,
      marksQuestion: prefix?.marksQuestion ?? false, parent: nil)
  }

  private static func fencedLines(_ source: SourceText) -> [Bool] {
    var fenced = [Bool](repeating: false, count: source.lines.count)
    var open: (mark: Character, length: Int)?
    for index in source.lines.indices {
      let line = withoutContainerMarks(source.line(index)[...])
      let mark = line.first ?? " "
      let length = mark == "`" || mark == "~" ? line.prefix { $0 == mark }.count : 0
      if let fence = open {
        fenced[index] = true
        let isBare = line.drop { $0 == mark }.allSatisfy(\.isWhitespace)
        if mark == fence.mark, length >= fence.length, isBare { open = nil }
      } else if length >= 3 {
        fenced[index] = true
        open = (mark, length)
      }
    }
    return fenced
  }

  /// A line without the marks of the list, quotation or definition that may hold a fence.
  private static func withoutContainerMarks(_ line: Substring) -> Substring {
    var rest = line
    while true {
      rest = rest.drop { $0 == " " || $0 == "\t" }
      let number = rest.prefix { $0.isASCII && $0.isNumber }
      if let mark = ["- ", "* ", "> ", ": "].first(where: rest.hasPrefix) {
        rest = rest.dropFirst(mark.count)
      } else if !number.isEmpty, rest.dropFirst(number.count).hasPrefix(". ") {
        rest = rest.dropFirst(number.count + 2)
      } else {
        return rest
      }
    }
  }
}
