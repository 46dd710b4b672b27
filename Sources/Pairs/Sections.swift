/// Headings that name a subject, turned into an instruction that the section's own text answers.
enum Sections {
  static func candidates(_ page: Page, seed: UInt64) -> [PairCandidate] {
    let headings = page.outline.headings
    return headings.indices.filter { !page.isQuestion[$0] && headings[$0].level <= 6 }.map {
      candidate($0, page, seed)
    }
  }

  private static func candidate(_ index: Int, _ page: Page, _ seed: UInt64) -> PairCandidate {
    let source = page.source
    let heading = page.outline.headings[index]
    let lines = page.outline.ownLines(index)
    let range = source.block(fromLine: lines.lowerBound, toLine: lines.upperBound)
    let response = range.map(source.string) ?? ""
    var candidate = PairCandidate(
      rule: .section, prompt: heading.title, response: response, promptRange: heading.titleRange,
      responseRanges: range.map { [$0] } ?? [], language: page.language(of: heading.title + " " + response))
    if Boilerplate.names(heading.title) {
      candidate.rejection = .boilerplateHeading
    } else if range == nil {
      candidate.rejection = .emptyAnswer
    } else if !MarkedQuestions.candidates(in: lines, page).isEmpty {
      candidate.rejection = .coveredByQuestions
    } else if PairLanguage.of(heading.title) == .chinese, PairLanguage.of(response) == .english {
      candidate.rejection = .mixedLanguages
    } else if let prompt = PromptTemplates.section(
      heading.title, context: context(index, page), candidate.language, seed: seed)
    {
      candidate.prompt = prompt
    } else {
      candidate.rejection = .noTemplate
    }
    return candidate
  }

  /// The nearest heading above (or the document's title) that says what a bare heading is about.
  private static func context(_ index: Int, _ page: Page) -> String? {
    let title = page.outline.headings[index].title
    guard isAmbiguous(title, page) else { return nil }
    let above = page.outline.ancestors(index) + [page.title].compactMap { $0 }
    return above.first {
      PromptNormalisation.key($0) != PromptNormalisation.key(title) && !Boilerplate.names($0)
    }
  }

  /// Two words or four Chinese characters say little, and a title that a page uses twice says nothing.
  private static func isAmbiguous(_ title: String, _ page: Page) -> Bool {
    if page.repeatedTitles.contains(title) { return true }
    let han = title.unicodeScalars.filter(\.isHan).count
    let words = title.split(whereSeparator: \.isWhitespace).count
    return han > 0 ? han <= 5 : words <= 2
  }
}

/// Headings that stand over no subject.
enum Boilerplate {
  private static let titles: Set<String> = [
    "table of contents", "contents", "toc", "license", "licence", "licensing", "copyright", "copyright notice",
    "legal notice", "see also", "index", "preface", "foreword", "acknowledgments", "acknowledgements", "references",
    "bibliography", "further reading", "external links", "links", "notes", "footnotes", "authors", "author", "credits",
    "changelog", "change log", "revision history", "colophon", "list of figures", "list of tables", "navigation",
    "feedback", "abstract", "dedication", "about the authors", "search", "menu", "comments",
    "目录", "目 录", "索引", "前言", "序", "序言", "版权", "版权声明", "版权信息", "许可", "许可证", "许可协议", "参见",
    "另见", "另请参阅", "相关链接", "外部链接", "参考", "参考文献", "参考资料", "致谢", "鸣谢", "作者", "关于作者", "脚注",
    "注释", "修订历史", "更新日志", "变更日志", "导航", "反馈", "法律声明", "摘要", "评论", "搜索",
  ]

  static func names(_ title: String) -> Bool {
    titles.contains(title.lowercased().trimmingBlankEnds().trimmingSuffix { ":：.。".contains($0) }.description)
  }
}
