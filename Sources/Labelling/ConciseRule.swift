import Store

/// The house style: finished, in the question's language, without repetition, and short.
///
/// The first of these on which two answers differ decides:
/// 1. finished: at least three words or four Han characters, and an end that ends something (`。！？.!?`, a closing
///    quote or bracket, a code fence; not an ellipsis);
/// 2. language: written in the script of the question, Han or Latin;
/// 3. fresh: no sentence twice, no four words in a row twice, no six Han characters in a row twice;
/// 4. short: at least a quarter fewer words and Han characters. This counts between finished answers only.
///
/// Answers that differ in none of these are a tie; two empty ones are both bad.
public struct ConciseRule: RuleAnnotator {
  public let name = "concise"
  public let version = "1"
  public let summary = "prefers answers that are finished, in the question's language, without repetition, and short"

  /// How much shorter the shorter answer must be.
  private static let margin = 0.25

  public init() {}

  public func judge(prompt: [Message], a: String, b: String) -> Verdict {
    let (one, two) = (Traits(answer: a, prompt: prompt), Traits(answer: b, prompt: prompt))
    if one.units == 0 && two.units == 0 { return .bothBad }
    for trait in [\Traits.isFinished, \Traits.isInLanguage, \Traits.isFresh]
    where one[keyPath: trait] != two[keyPath: trait] {
      return one[keyPath: trait] ? .a : .b
    }
    guard one.isFinished else { return .tie }
    let longer = Double(max(one.units, two.units))
    if Double(min(one.units, two.units)) > longer * (1 - Self.margin) { return .tie }
    return one.units < two.units ? .a : .b
  }

  public func score(prompt: [Message], answer: String) -> RuleScore {
    let traits = Traits(answer: answer, prompt: prompt)
    // Powers of two keep the order of the criteria; shortness stays below 1, so it never outweighs one of them.
    let parts = [
      RuleScore.Part(name: "finished", value: traits.isFinished ? 4 : 0),
      RuleScore.Part(name: "language", value: traits.isInLanguage ? 2 : 0),
      RuleScore.Part(name: "fresh", value: traits.isFresh ? 1 : 0),
      RuleScore.Part(name: "short", value: traits.isFinished ? 20 / (20 + Double(traits.units)) : 0),
    ]
    return RuleScore(total: parts.reduce(0) { $0 + $1.value }, parts: parts)
  }
}

extension ConciseRule {
  /// What the rule looks at in one answer.
  private struct Traits {
    var isFinished: Bool
    var isInLanguage: Bool
    var isFresh: Bool
    /// Words and Han characters.
    var units: Int

    init(answer: String, prompt: [Message]) {
      let text = TextUnits(answer)
      let question = TextUnits(prompt.last { $0.role == .user }?.content ?? "")
      units = text.words.count + text.hanCount
      isFinished = (text.words.count >= 3 || text.hanCount >= 4) && Self.endsProperly(answer)
      isInLanguage = question.script == nil || text.script == question.script
      isFresh = units > 0 && !text.repeatsItself
    }

    private static func endsProperly(_ answer: String) -> Bool {
      // An emoji after the last sentence neither ends nor continues it.
      let end = answer.reversed().drop { $0.isWhitespace || ($0.isSymbol && !$0.isASCII) }
      guard let last = end.first else { return false }
      if end.prefix(3).elementsEqual("...") { return false }
      return "。！？.!?".contains(last) || "”’』」）)】]》}\"'`".contains(last)
    }
  }
}
