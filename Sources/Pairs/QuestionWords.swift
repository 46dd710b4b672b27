/// Decides whether a heading asks something, in English or Chinese.
public enum QuestionWords {
  /// Whether `title` (its number already removed) is a question.
  /// - Parameter inFAQ: the document or a heading above calls itself a FAQ, so weaker signs count as well.
  public static func asks(_ title: String, inFAQ: Bool = false) -> Bool {
    if hasQuestionMark(title) { return true }
    switch PairLanguage.of(title) {
    case .chinese: return asksInChinese(title, inFAQ: inFAQ)
    case .english: return asksInEnglish(title, inFAQ: inFAQ)
    case .other: return false
    }
  }

  /// Whether words such as a document's title announce questions and answers.
  public static func announcesFAQ(_ title: String) -> Bool {
    if ["常见问题", "常见问答", "问答", "疑难解答"].contains(where: title.contains) { return true }
    let words = title.split { !$0.isLetter && $0 != "&" && $0 != "-" }.map { $0.lowercased() }
    if words.contains("faq") || words.contains("faqs") || words.contains("q&a") { return true }
    return title.lowercased().contains("frequently asked") || title.lowercased().contains("questions and answers")
  }

  /// A question mark that ends a sentence: at the end, or with a space, a bracket or another mark behind it.
  private static func hasQuestionMark(_ title: String) -> Bool {
    if title.contains("？") { return true }
    var previousWasMark = false
    for character in title {
      if previousWasMark, character.isWhitespace || "!！)\"'”’*`".contains(character) { return true }
      previousWasMark = character == "?" || previousWasMark && character == "!"
    }
    return previousWasMark
  }

  private static let openers: Set<String> = [
    "how", "what", "what's", "why", "where", "where's", "when", "who", "who's", "whose", "whom", "which",
  ]
  /// Auxiliaries open a question only if a subject can follow: "Do not ..." and "Can opener" do not ask.
  private static let auxiliaries: Set<String> = [
    "can", "could", "does", "do", "did", "is", "isn't", "are", "aren't", "was", "were", "should", "shall", "would",
    "must", "has", "am",
  ]
  private static let subjects: Set<String> = [
    "i", "you", "we", "it", "they", "he", "she", "there", "this", "that", "these", "those", "the", "a", "an", "my",
    "your", "our", "its", "all", "any", "some", "one", "someone", "anyone",
  ]

  private static func asksInEnglish(_ title: String, inFAQ: Bool) -> Bool {
    let words = title.lowercased().replacing("’", with: "'").split { !$0.isLetter && $0 != "'" }.map(String.init)
    guard let first = words.first, words.count >= 2 else { return false }
    if openers.contains(first) {
      // "When installing ...", "Where possible, ..." continue as statements.
      let continuesAsStatement = title.contains(",") || words[1].hasSuffix("ing") && first != "how"
      return !continuesAsStatement || first == "how" || first == "why"
    }
    if auxiliaries.contains(first), words.count >= 3 {
      return subjects.contains(words[1]) || inFAQ && words[1] != "not"
    }
    return inFAQ && words.count >= 3 && words.dropFirst().prefix(3).contains { openers.contains($0) }
  }

  private static let chineseOpeners = [
    "如何", "怎样", "怎么", "什么", "为什么", "为何", "哪里", "哪个", "哪些", "哪种", "哪一", "是否", "能否", "可否",
    "何时", "何处", "谁", "多少", "有没有", "能不能", "可不可以", "是不是", "要不要", "我该", "我应该",
  ]
  private static let chineseEndings = [
    "吗", "呢", "是什么", "为什么", "怎么办", "怎么做", "怎么样", "有哪些", "是谁", "在哪里", "多少", "是什么意思",
  ]

  private static func asksInChinese(_ title: String, inFAQ: Bool) -> Bool {
    if chineseOpeners.contains(where: title.hasPrefix) { return true }
    let end = title.trimmingSuffix { "。！!…”’」）) ".contains($0) }
    if chineseEndings.contains(where: end.hasSuffix) { return true }
    return inFAQ && chineseOpeners.prefix(17).contains(where: title.contains)
  }
}
