import Store

/// The sentences that turn a title or a term into a question, in the text's language.
enum PromptTemplates {
  /// "What is X?"; nil where the language has no template.
  static func definition(of term: String, _ language: PairLanguage) -> String? {
    let isOption = term.hasPrefix("-") || term.hasPrefix("`-")
    switch language {
    case .english: return isOption ? "What does \(term) do?" : "What is \(term)?"
    case .chinese: return isOption ? "\(term) 有什么作用？" : "什么是\(spaced(term))？"
    case .other: return nil
    }
  }

  /// One of the language's phrasings, chosen by the seed and the title alone: the same section gives the same prompt.
  static func section(_ title: String, context: String?, _ language: PairLanguage, seed: UInt64) -> String? {
    let templates: [String]
    switch (language, context == nil) {
    case (.english, true): templates = english
    case (.english, false): templates = englishInContext
    case (.chinese, true): templates = chinese
    case (.chinese, false): templates = chineseInContext
    case (.other, _): return nil
    }
    let subject = PromptNormalisation.key(title + " " + (context ?? ""))
    var generator = SeededGenerator(seed: seed, purpose: "section-template:" + subject)
    let template = templates[generator.next(below: templates.count)]
    return template.split(separator: "@", omittingEmptySubsequences: false).enumerated().reduce("") { text, part in
      guard part.offset > 0 else { return String(part.element) }
      return text + (part.element.first == "C" ? context ?? "" : title) + part.element.dropFirst()
    }
  }

  // @T is the section's title and @C the heading that gives it context.
  private static let english = [
    "Explain: @T", "Tell me about “@T”.", "What should I know about “@T”?", "Give an explanation of “@T”.",
    "Describe “@T”.",
  ]
  private static let englishInContext = [
    "Explain: @T (@C)", "In the context of “@C”, tell me about “@T”.", "What should I know about “@T” in “@C”?",
    "On the subject of “@C”: describe “@T”.",
  ]
  private static let chinese = [
    "请解释：@T", "请介绍一下“@T”。", "关于“@T”，我应该了解什么？", "请说明“@T”。", "请讲讲“@T”。",
  ]
  private static let chineseInContext = [
    "请解释：@T（@C）", "请介绍“@C”中的“@T”。", "在“@C”里，关于“@T”我应该了解什么？", "就“@C”而言，请说明“@T”。",
  ]

  /// A Latin term gets the space that Chinese typography puts before it.
  private static func spaced(_ term: String) -> String {
    (term.unicodeScalars.first?.isASCII ?? false) ? " " + term : term
  }
}
