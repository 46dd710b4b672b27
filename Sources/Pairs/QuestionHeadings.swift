/// Headings that ask, answered by the text below them.
enum QuestionHeadings {
  static func candidates(_ page: Page) -> [PairCandidate] {
    page.outline.headings.indices.filter { page.isQuestion[$0] }.map { candidate($0, page) }
  }

  private static func candidate(_ index: Int, _ page: Page) -> PairCandidate {
    let heading = page.outline.headings[index]
    var ranges = answerLines(index, page).compactMap {
      page.source.block(fromLine: $0.lowerBound, toLine: $0.upperBound)
    }
    if let first = ranges.first, let answer = Markers.answer(page.source, first) { ranges[0] = answer }
    let response = ranges.map(page.source.string).joined(separator: "\n\n")
    return PairCandidate(
      rule: .questionHeading, prompt: heading.title, response: response, promptRange: heading.titleRange,
      responseRanges: ranges, language: page.language(of: heading.title + " " + response))
  }

  /// The whole own answer: all lines up to the next heading of this level or above, less sections that ask.
  private static func answerLines(_ index: Int, _ page: Page) -> [Range<Int>] {
    let outline = page.outline
    let end = outline.endOfSection(index)
    var runs = [outline.ownLines(index)]
    var at = index + 1
    while at < end {
      if page.isQuestion[at] {
        at = outline.endOfSection(at)
        continue
      }
      let lines = outline.headings[at].lines.lowerBound..<outline.ownLines(at).upperBound
      if runs[runs.count - 1].upperBound == lines.lowerBound {
        runs[runs.count - 1] = runs[runs.count - 1].lowerBound..<lines.upperBound
      } else {
        runs.append(lines)
      }
      at += 1
    }
    return runs.filter { !$0.isEmpty }
  }
}
