import Pairs
import Testing

@Suite struct DefinitionTests {
  @Test func termsBecomeQuestions() throws {
    let mining = Mining(
      """
      # Words

      apt
      : A front end to dpkg.

        It resolves dependencies.

        ```
        apt install x
        ```

      `-v`
      --verbose
      : Says more.

      Next paragraph.
      """)
    #expect(
      mining.answer("What is apt?")
        == "A front end to dpkg.\n\nIt resolves dependencies.\n\n```\napt install x\n```")
    #expect(mining.answer("What does -v do?") == "Says more.")
    #expect(mining.answer("What does --verbose do?") == "Says more.")
    let pair = try #require(mining.kept(.definition).first)
    #expect(mining.source(pair.promptRange) == "apt")
    #expect(mining.source(pair.responseRanges[0]).hasPrefix(": A front end"))
    #expect(mining.kept(.definition).count == 3)
  }

  @Test func chinese() {
    let mining = Mining("软件包\n: 一个可以安装的文件。\n\nAPT\n: 软件包管理工具。")
    #expect(mining.answer("什么是软件包？") == "一个可以安装的文件。")
    #expect(mining.answer("什么是 APT？") == "软件包管理工具。")
  }

  @Test func termsThatAskStayAsTheyAre() {
    let mining = Mining("1. Is it free?\n: Yes.\n\n如何安装？\n: 用 APT。")
    #expect(mining.answer("Is it free?") == "Yes.")
    #expect(mining.answer("如何安装？") == "用 APT。")
    #expect(mining.kept(.markedQuestion).count == 2)
  }

  @Test func fencesInsideItemsDoNotSwallowTheRest() {
    let mining = Mining("a\n: ```\n  code\n  ```\n\nb\n: Two words.\n\n# Why?\n\nBecause.")
    #expect(mining.answer("What is b?") == "Two words.")
    #expect(mining.answer("Why?") == "Because.")
  }

  @Test func anotherLanguageHasNoTemplate() {
    let mining = Mining("Paket\n: Eine Datei, die man einspielt.", language: "de")
    #expect(mining.rejection("Paket") == .noTemplate)
  }
}
