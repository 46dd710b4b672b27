/// Paragraphs marked "Q:" and "A:", 问： and 答：.
enum MarkedQuestions {
  static func candidates(_ page: Page) -> [PairCandidate] {
    page.unaskedRegions.flatMap { candidates(in: $0, page) }
  }

  static func candidates(in lines: Range<Int>, _ page: Page) -> [PairCandidate] {
    let source = page.source
    let marks: [(line: Int, marker: Markers.Marker)] = lines.compactMap { index in
      page.outline.fenced[index] ? nil : Markers.marker(source, source.lines[index]).map { (index, $0) }
    }
    return marks.indices.filter { marks[$0].marker.kind == .question }.map { at in
      let question = marks[at]
      let next = at + 1 < marks.count ? marks[at + 1] : nil
      let regionEnd = marks[(at + 1)...].first { $0.marker.kind == .question }?.line ?? lines.upperBound
      var questionEnd = question.line + 1
      while questionEnd < (next?.line ?? lines.upperBound), !source.isBlank(questionEnd) { questionEnd += 1 }
      if let next, next.marker.kind == .answer { questionEnd = next.line }
      let promptRange = InlineMarks.unwrapped(
        source, question.marker.textStart..<source.lines[questionEnd - 1].upperBound)

      var answer: Range<Int>?
      if let next, next.marker.kind == .answer {
        answer = source.trimmed(next.marker.textStart..<source.lines[regionEnd - 1].upperBound)
      } else {
        answer = source.block(fromLine: questionEnd, toLine: regionEnd)
      }
      let ranges = answer.map { $0.isEmpty ? [] : [$0] } ?? []
      let prompt = InlineMarks.plain(source.string(promptRange))
      let response = ranges.map(source.string).joined()
      return PairCandidate(
        rule: .markedQuestion, prompt: prompt, response: response, promptRange: promptRange, responseRanges: ranges,
        language: page.language(of: prompt + " " + response))
    }
  }
}

/// The marks that open a question or an answer at the start of a line.
enum Markers {
  enum Kind { case question, answer }

  struct Marker {
    var kind: Kind
    /// Byte offset of the first character after the mark.
    var textStart: Int
  }

  private static let questionWords = ["Question", "Q", "问题", "问"]
  private static let answerWords = ["Answer", "A", "回答", "答案", "答"]

  static func marker(_ source: SourceText, _ line: Range<Int>) -> Marker? {
    let content = source.trimmed(line)
    let text = source.string(content)
    for (kind, words) in [(Kind.question, questionWords), (.answer, answerWords)] {
      if let length = length(of: text, words) {
        return Marker(kind: kind, textStart: content.lowerBound + length)
      }
    }
    return nil
  }

  /// `range` without an "A:" at its start; nil when there is none.
  static func answer(_ source: SourceText, _ range: Range<Int>) -> Range<Int>? {
    let line = source.trimmed(range)
    guard let length = length(of: source.string(line), answerWords) else { return nil }
    return source.trimmed(line.lowerBound + length..<line.upperBound)
  }

  /// UTF-8 length of "**Q3:** " and the like at the start of `text`.
  private static func length(of text: String, _ words: [String]) -> Int? {
    var rest = text[...]
    if rest.hasPrefix("- ") { rest = rest.dropFirst(2) }
    let isBold = rest.hasPrefix("**")
    if isBold { rest = rest.dropFirst(2) }
    guard let word = words.first(where: { rest.hasPrefix($0) }) else { return nil }
    rest = rest.dropFirst(word.count).drop { $0 == " " }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    rest = rest.dropFirst(digits.count)
    guard let mark = rest.first, mark == ":" || mark == "：" || !digits.isEmpty && ".)、".contains(mark) else {
      return nil
    }
    rest = rest.dropFirst()
    if isBold, rest.hasPrefix("**") { rest = rest.dropFirst(2) }
    rest = rest.drop { $0.isWhitespace }
    // "Answer 1." alone is a sentence; "Answer 1. Yes" and "A:" above a paragraph are marks.
    guard mark == ":" || mark == "：" || !rest.isEmpty else { return nil }
    return text.utf8.count - rest.utf8.count
  }
}
