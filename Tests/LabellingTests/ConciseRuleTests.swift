import Labelling
import Store
import Testing

@Suite struct ConciseRuleTests {
  private let rule = ConciseRule()

  private func judge(_ question: String, _ a: String, _ b: String) -> Verdict {
    rule.judge(prompt: [Message(role: .user, content: question)], a: a, b: b)
  }

  /// Question, the better answer, the worse one.
  static let preferences: [(String, String, String)] = [
    // Finished before anything else.
    ("What is LoRA?", "LoRA adds small trainable matrices to a frozen model.", "LoRA is a way to"),
    ("什么是微调？", "微调是继续训练一个模型。", "微调是继续训练一个模"),
    ("什么是微调？", "它是“在已有模型上继续训练”", "它是在已有"),
    ("How?", "Run this:\n```\nmake demo\n```", "Run this and then"),
    ("What?", "This sentence is done.", "This one is not..."),
    ("Who are you?", "I am Touchstone, a small model.", "Me."),
    ("你是谁？", "我是小石，一个小模型。😀", "我是小石，一个"),
    ("What is it?", "It is a model.", ""),
    // Then the question's language.
    ("什么是 LoRA？", "LoRA 是一种微调方法，它在冻结的模型旁加入小矩阵。", "LoRA is a method."),
    ("What is SFT?", "It is supervised fine-tuning on pairs of questions and answers.", "它是监督微调。"),
    // Then repetition.
    ("What is it?", "It is a model that people trained with their own preferences.", "It is good. It is good."),
    ("What is it?", "A model that writes text and answers questions.", "the best of all the best of all the."),
    ("它是什么？", "这是一个由用户的偏好训练出来的语言模型。", "它是语言模型的。它是语言模型的。"),
    // Then length.
    (
      "What is it?", "It is a language model.", "It is a language model that was made for showing how all this is done."
    ),
    ("它是什么？", "这是一个语言模型。", "这是一个语言模型，它的目的是展示整个训练过程是怎样完成的。"),
  ]

  @Test(arguments: preferences)
  func prefersTheHouseStyle(_ question: String, _ better: String, _ worse: String) {
    #expect(judge(question, better, worse) == .a)
    #expect(judge(question, worse, better) == .b)
  }

  @Test(arguments: preferences)
  func scoresAgreeWithJudgements(_ question: String, _ better: String, _ worse: String) {
    let prompt = [Message(role: .user, content: question)]
    #expect(rule.score(prompt: prompt, answer: better).total > rule.score(prompt: prompt, answer: worse).total)
  }

  @Test func nearlyEqualLengthsAreATie() {
    #expect(
      judge(
        "What?", "one two three four five six seven eight nine ten.", "one two three four five six seven eight nine.")
        == .tie)
    #expect(judge("它？", "一二三四五六七八九十。", "一二三四五六七八九十。") == .tie)
    #expect(judge("What?", "never finished and", "never finished and much longer than the other") == .tie)
    #expect(judge("What?", "", "  \n") == .bothBad)
  }

  @Test func scoreNamesItsParts() {
    let score = rule.score(prompt: [Message(role: .user, content: "Who?")], answer: "I am a model.")
    #expect(score.parts.map(\.name) == ["finished", "language", "fresh", "short"])
    #expect(score["finished"] == 4 && score["language"] == 2 && score["fresh"] == 1)
    #expect(abs(score.total - score.parts.reduce(0) { $0 + $1.value }) < 1e-12)
  }

  @Test func storedAsARuleAndResumed() throws {
    let fixture = try LabelFixture(Self.preferences)
    #expect(try rule.label(fixture.store, limit: 5).values.reduce(0, +) == 5)
    var reports: [Int] = []
    let counts = try rule.label(fixture.store) { done, total in reports += [done, total] }
    #expect(counts == [.a: 10] && reports == [10, 10])
    #expect(try rule.label(fixture.store).isEmpty)
    let annotator = try #require(try fixture.store.annotators().first)
    #expect(annotator.kind == .rule && annotator.name == "concise" && annotator.version == rule.version)
    #expect(try fixture.store.preferences(PreferenceFilter(annotatorKind: .rule)).count == 15)
    #expect(try fixture.store.preferences(PreferenceFilter(annotatorKind: .person)).isEmpty)
  }

  @Test func unknownRulesAreNamed() throws {
    #expect(try RuleAnnotators.named("concise").name == "concise")
    #expect(throws: LabellingError.unknownRule(name: "consise", known: ["concise"])) {
      try RuleAnnotators.named("consise")
    }
  }
}
