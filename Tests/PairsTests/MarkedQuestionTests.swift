import Pairs
import Testing

@Suite struct MarkedQuestionTests {
  @Test func paragraphs() {
    let mining = Mining(
      """
      # Support

      Q: Is it free?

      A: Yes.

      It always was.

      **Q2:** Who pays?
      **A2:** Nobody.

      # Other

      Text.
      """)
    #expect(mining.answer("Is it free?") == "Yes.\n\nIt always was.")
    #expect(mining.answer("Who pays?") == "Nobody.")
    #expect(mining.rejection("Support") == .coveredByQuestions)
  }

  @Test func chinese() throws {
    let mining = Mining("问：如何安装？\n答：用 APT。\n\n然后重启。\n\n问题 2：要钱吗？\n\n回答：不要。")
    #expect(mining.answer("如何安装？") == "用 APT。\n\n然后重启。")
    #expect(mining.answer("要钱吗？") == "不要。")
    let pair = try #require(mining.kept.first)
    #expect(mining.source(pair.promptRange) == "如何安装？")
    #expect(mining.source(pair.responseRanges[0]) == "用 APT。\n\n然后重启。")
  }

  @Test func aQuestionWithoutAnAnswerMark() {
    let mining = Mining("Q: Is it free?\n\nYes, it is.\n\nQ: Who pays?\n\nA: Nobody.")
    #expect(mining.answer("Is it free?") == "Yes, it is.")
    #expect(mining.answer("Who pays?") == "Nobody.")
  }

  @Test func headingsWithAnAnswerMark() {
    #expect(Mining("### Q: Is it free?\n\nA: Yes.").answer("Is it free?") == "Yes.")
  }

  @Test func codeIsNoQuestion() {
    #expect(Mining("# Log\n\n```\nQ: query\nA: answer\n```\n").kept(.markedQuestion).isEmpty)
  }
}
