/// Definition lists: "Term" over ": its definition" becomes "What is Term?" in the list's language.
enum Definitions {
  /// - Parameter askingTerms: whether terms that are questions themselves count, as many FAQ pages write them.
  static func candidates(_ page: Page, askingTerms: Bool) -> [PairCandidate] {
    let source = page.source
    var found: [PairCandidate] = []
    var index = 0
    while index < source.lines.count {
      guard !page.outline.fenced[index], opensDefinition(source, index), index > 0,
        let terms = terms(page, above: index)
      else {
        index += 1
        continue
      }
      let end = endOfDefinition(page, from: index)
      for term in terms {
        if let candidate = candidate(term, definition: index..<end, page, askingTerms) { found.append(candidate) }
      }
      index = end
    }
    return found
  }

  private static func opensDefinition(_ source: SourceText, _ index: Int) -> Bool {
    source.bytes[source.lines[index]].starts(with: [UInt8(ascii: ":"), 0x20])
  }

  /// The lines directly above a definition, each a term; nil when a definition or a heading stands there.
  private static func terms(_ page: Page, above index: Int) -> [Int]? {
    let source = page.source
    var first = index
    while first > 0, !source.isBlank(first - 1), source.indentation(first - 1) == 0, !page.outline.fenced[first - 1],
      !opensDefinition(source, first - 1), source.bytes[source.lines[first - 1].lowerBound] != UInt8(ascii: "#")
    {
      first -= 1
    }
    return first < index && index - first <= 6 ? Array(first..<index) : nil
  }

  /// The first line that is no longer part of the definition (or of a further one of the same term).
  private static func endOfDefinition(_ page: Page, from start: Int) -> Int {
    let source = page.source
    var end = start + 1
    var index = start + 1
    while index < source.lines.count {
      if source.isBlank(index) {
        index += 1
        continue
      }
      let continues = source.indentation(index) >= 2 || opensDefinition(source, index) && index == end
      guard continues else { break }
      index += 1
      end = index
    }
    return end
  }

  private static func candidate(
    _ termLine: Int, definition: Range<Int>, _ page: Page, _ askingTerms: Bool
  ) -> PairCandidate? {
    let source = page.source
    guard let heading = page.outline.heading(level: 7, text: source.lines[termLine], lines: termLine..<termLine + 1),
      let range = source.block(fromLine: definition.lowerBound, toLine: definition.upperBound)
    else { return nil }
    let term = String(heading.title.trimmingSuffix { ":：".contains($0) || $0.isWhitespace })
    let response = dedented(source, definition)
    let language = page.language(of: term + " " + response)
    var candidate = PairCandidate(
      rule: .definition, prompt: term, response: response, promptRange: heading.titleRange, responseRanges: [range],
      language: language)
    if askingTerms, heading.marksQuestion || QuestionWords.asks(term) {
      candidate.rule = .markedQuestion
    } else if let prompt = PromptTemplates.definition(of: term, language) {
      candidate.prompt = prompt
    } else {
      candidate.rejection = .noTemplate
    }
    return candidate
  }

  /// The definition's text without ": " and the indentation under it.
  private static func dedented(_ source: SourceText, _ lines: Range<Int>) -> String {
    let text = lines.map { index in
      let line = source.line(index)
      return line.hasPrefix(": ") || line.hasPrefix("  ") ? String(line.dropFirst(2)) : line
    }
    return text.joined(separator: "\n").trimmingBlankEnds()
  }
}

extension String {
  func trimmingBlankEnds() -> String {
    String(trimmingSuffix { $0.isWhitespace }.drop { $0.isWhitespace })
  }
}
