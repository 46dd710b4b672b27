import Pairs
import Testing

@Suite struct QuestionHeadingTests {
  let english = """
    # Chapter 1. Definitions

    Intro.

    ## 1.1. What is `dpkg`?

    A tool:

    - it installs
    - it removes

    ```sh
    # not a heading?
    dpkg -i x.deb
    ```

    ### 1.1.1. Options

    There are many.

    ### 1.1.2. Is it old?

    Yes.

    ### 1.1.3. History

    It began in 1994.

    ## 1.2. Mailing lists

    Several exist, and they are read by people all over the world, in many languages and time zones.
    """

  @Test func theWholeOwnAnswerAndNothingElse() throws {
    let mining = Mining(english)
    let pair = try #require(mining.kept.first { $0.prompt == "What is dpkg?" })
    #expect(pair.response.hasPrefix("A tool:\n\n- it installs"))
    #expect(pair.response.contains("# not a heading?"))
    #expect(pair.response.contains("### 1.1.1. Options\n\nThere are many."))
    #expect(pair.response.hasSuffix("### 1.1.3. History\n\nIt began in 1994."))
    #expect(!pair.response.contains("Yes."), "a question below is a pair of its own")
    #expect(!pair.response.contains("Mailing"))
    #expect(mining.answer("Is it old?") == "Yes.")
    #expect(mining.kept(.questionHeading).count == 2)
  }

  @Test func rangesNameTheSourceBytes() throws {
    let mining = Mining(english)
    for pair in mining.kept(.questionHeading) {
      #expect(mining.source(pair.promptRange).replacing("`", with: "") == pair.prompt)
      #expect(pair.responseRanges.map(mining.source).joined(separator: "\n\n") == pair.response)
    }
    #expect(mining.kept.first { $0.prompt == "What is dpkg?" }?.responseRanges.count == 2)
  }

  @Test func chinese() throws {
    let mining = Mining(
      """
      # 第 1 章 定义

      ## 1.2. 什么是 Debian GNU/Linux？

      Debian 是一个发行版。

      1. 自由
      2. 稳定

      ## 1.3. 好的，我知道什么是 Debian 了……什么是 Linux？！

      Linux 是内核。
      """)
    #expect(mining.answer("什么是 Debian GNU/Linux？") == "Debian 是一个发行版。\n\n1. 自由\n2. 稳定")
    #expect(mining.answer("好的，我知道什么是 Debian 了……什么是 Linux？！") == "Linux 是内核。")
    for pair in mining.kept {
      #expect(pair.language == .chinese)
      #expect(mining.source(pair.promptRange) == pair.prompt)
    }
  }

  @Test func emptyAndUselessAnswersAreNamed() {
    let mining = Mining(
      """
      # What is nothing?

      # What is a link?

      - https://example.org/a
      - <https://example.org/b>

      # What is an echo?

      What is an echo?
      """)
    #expect(mining.kept.isEmpty)
    #expect(mining.rejection("What is nothing?") == .emptyAnswer)
    #expect(mining.rejection("What is a link?") == .answerOnlyLinks)
    #expect(mining.rejection("What is an echo?") == .promptEqualsAnswer)
  }

  @Test func longAnswersAreNamed() {
    var parameters = MiningParameters()
    parameters.maximumAnswerCharacters = 10
    #expect(Mining("# Why?\n\n二三四五六七八九十一二", parameters).rejection("Why?") == .answerTooLong)
    #expect(Mining("# Why?\n\n二三四五六七八九十一", parameters).answer("Why?") != nil)
  }

  @Test func boldParagraphsThatAskAreHeadings() {
    let mining = Mining("# Help\n\n**Is it free?**\n\nYes.\n\n**TIP Read on**\n\nNow.\n\n**如何安装？**\n\n用 APT。")
    #expect(mining.answer("Is it free?") == "Yes.\n\n**TIP Read on**\n\nNow.")
    #expect(mining.answer("如何安装？") == "用 APT。")
  }

  @Test func labelledNotesAreNoHeadings() {
    let mining = Mining("# Why?\n\nA.\n\n**CULTURE Who?**\n\nB.\n\n**CULTURE What?**\n\nC.")
    #expect(mining.kept.count == 1)
    #expect(Mining("# Why?\n\nA.\n\n**文化 谁？**\n\nB.").kept.count == 1)
  }

  @Test func quotationsAreNoCode() {
    #expect(Mining("# What is `frozen' and `x`?\n\nWords.").answer("What is `frozen' and x?") == "Words.")
  }

  @Test func numberedQuestionsCountWithoutAMark() {
    #expect(Mining("# Q7. Installing twice\n\nHarmless.").answer("Installing twice") == "Harmless.")
  }
}
