import Pairs
import Testing

@Suite struct SectionTests {
  let body = "The archive holds packages in several areas, each with rules of its own about what may enter it."
  let chineseBody = String(repeating: "档案库按照不同的规则收录软件包。", count: 6)

  @Test func aHeadingBecomesAnInstruction() throws {
    let pair = try #require(Mining("# 6. The structure of the archive\n\n\(body)").kept(.section).first)
    #expect(pair.prompt.contains("The structure of the archive"))
    #expect(!pair.prompt.contains("6."))
    #expect(pair.response == body)
  }

  @Test func aBareHeadingTakesContextFromAbove() throws {
    let mining = Mining("# 第 8 章 软件包管理工具\n\n## 8.1. 概述\n\n\(chineseBody)")
    let pair = try #require(mining.kept(.section).first)
    #expect(pair.prompt.contains("概述") && pair.prompt.contains("软件包管理工具"))
    #expect(pair.language == .chinese)
    let fromTitle = try #require(Mining("# Overview\n\n\(body)", title: "Debian archives").kept(.section).first)
    #expect(fromTitle.prompt.contains("Overview") && fromTitle.prompt.contains("Debian archives"))
  }

  @Test func anUntranslatedSectionIsNamed() {
    #expect(Mining("# 选择显示管理器\n\n\(body)").rejection("选择显示管理器") == .mixedLanguages)
    #expect(Mining("# dpkg\n\n\(chineseBody)").kept(.section).count == 1)
  }

  @Test func anUndeclaredLanguageIsJudgedByItsWords() {
    let german = String(
      repeating: "Das Archiv enthält viele Pakete, die nach strengen Regeln geprüft werden. ", count: 3)
    #expect(
      Mining("# Das Archiv im Netz\n\n\(german)", language: "other").rejection("Das Archiv im Netz") == .noTemplate)
    #expect(Mining("# The archive online\n\n\(body)", language: "other").kept.count == 1)
  }

  @Test func theSeedChoosesTheTemplateAndNothingElseDoes() {
    func prompts(_ seed: UInt64) -> [String] {
      (1...12).flatMap { number in
        Mining("# Managing the archive number \(number)\n\n\(body)", MiningParameters(seed: seed)).kept.map(\.prompt)
      }
    }
    #expect(prompts(1) == prompts(1))
    #expect(prompts(1) != prompts(2))
    #expect(Set(prompts(1).map { $0.prefix(5) }).count > 1, "several templates are in use")
  }

  @Test func headingsWithoutASubjectAreNamed() {
    let mining = Mining(
      "# Table of contents\n\n\(body)\n\n# 目录\n\n\(chineseBody)\n\n# Short one here\n\nWords.\n\n# Nothing\n\n## See also\n\n\(body)"
    )
    #expect(mining.kept(.section).isEmpty)
    #expect(mining.rejection("Table of contents") == .boilerplateHeading)
    #expect(mining.rejection("目录") == .boilerplateHeading)
    #expect(mining.rejection("See also") == .boilerplateHeading)
    #expect(mining.rejection("Nothing") == .emptyAnswer)
    #expect(mining.all.contains { $0.rejection == .answerTooShort })
  }

  @Test func aChineseCharacterCountsAsThree() {
    let text = "微调教语言模型回答问题，模型读很多对提示和好的回答。"
    #expect(Mining("# 监督微调的用处\n\n\(text)，\(text)").kept(.section).count == 1)
    #expect(Mining("# 监督微调的用处\n\n短。").kept(.section).isEmpty)
  }

  @Test func everyRuleCanBeTurnedOff() {
    let text = "# Why?\n\n\(body)\n\n# The Debian archive\n\n\(body)\n\nterm\n: definition"
    let none = MiningParameters(faq: false, definitions: false, sections: false)
    #expect(Mining(text, none).all.isEmpty)
    #expect(Mining(text).kept.count == 3)
  }

  @Test func impossibleBoundsAreRefused() {
    #expect(throws: PairsError.self) {
      try MiningParameters(minimumSectionCharacters: 10, maximumSectionCharacters: 5).validate()
    }
  }
}
