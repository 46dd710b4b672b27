/// Finds every candidate pair of one document: a pure function of its text and the parameters.
public struct DocumentMiner: Sendable {
  public let parameters: MiningParameters

  public init(parameters: MiningParameters = MiningParameters()) { self.parameters = parameters }

  /// Candidates in the order of the text; rejected ones carry their reason.
  /// - Parameters:
  ///   - text: light Markdown as written by Ingest.
  ///   - title: the document's title, which gives context to bare headings.
  ///   - languageTag: BCP 47; nil to judge each passage by its letters.
  public func candidates(text: String, title: String? = nil, languageTag: String? = nil) -> [PairCandidate] {
    let page = Page(text: text, title: title, language: PairLanguage(tag: languageTag))
    var found: [PairCandidate] = []
    if parameters.faq {
      found += QuestionHeadings.candidates(page)
      found += MarkedQuestions.candidates(page)
    }
    if parameters.definitions { found += Definitions.candidates(page, askingTerms: parameters.faq) }
    if parameters.sections { found += Sections.candidates(page, seed: parameters.seed) }
    return found.map(checked).sorted {
      ($0.promptRange.lowerBound, $0.rule.rawValue) < ($1.promptRange.lowerBound, $1.rule.rawValue)
    }
  }

  private func checked(_ candidate: PairCandidate) -> PairCandidate {
    var candidate = candidate
    candidate.rejection = candidate.rejection ?? PairChecks.rejection(of: candidate, parameters)
    return candidate
  }
}

/// One document with what the rules ask of it.
struct Page: Sendable {
  let outline: Outline
  let title: String?
  /// For each heading, whether it is a question.
  let isQuestion: [Bool]
  /// Titles that stand over more than one section.
  let repeatedTitles: Set<String>
  private let declared: PairLanguage?
  private let dominant: PairLanguage

  init(text: String, title: String?, language: PairLanguage?) {
    let outline = Outline(text)
    let titleAnnounces = title.map(QuestionWords.announcesFAQ) ?? false
    self.outline = outline
    self.title = title.map { InlineMarks.plain(SectionNumber.stripped($0)) }
    isQuestion = outline.headings.indices.map { index in
      let heading = outline.headings[index]
      let inFAQ = titleAnnounces || outline.ancestors(index).contains(where: QuestionWords.announcesFAQ)
      return heading.marksQuestion || QuestionWords.asks(heading.title, inFAQ: inFAQ)
    }
    let titles = Dictionary(grouping: outline.headings, by: \.title)
    repeatedTitles = Set(titles.filter { $0.value.count > 1 }.keys)
    declared = language
    dominant = PairLanguage.of(text)
  }

  var source: SourceText { outline.source }

  /// The language in which to ask about a passage: of a bilingual page, the passage's own.
  func language(of passage: String) -> PairLanguage {
    let own = PairLanguage.of(passage)
    if own == .chinese { return .chinese }
    // Words alone cannot tell English from German: a declared language may say that there is no template.
    if own == .english, declared == .other || declared == nil && !PairLanguage.looksEnglish(passage) { return .other }
    if own == .other, passage.unicodeScalars.allSatisfy({ !$0.properties.isAlphabetic }) { return declared ?? dominant }
    return own
  }

  /// The lines below headings that do not ask, and before the first heading: where "Q:" and terms are looked for.
  var unaskedRegions: [Range<Int>] {
    let first = outline.headings.first?.lines.lowerBound ?? source.lines.count
    return [0..<first] + outline.headings.indices.filter { !isQuestion[$0] }.map(outline.ownLines)
  }
}
