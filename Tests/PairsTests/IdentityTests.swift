import Pairs
import Store
import Testing

@Suite struct IdentityTests {
  let identity = Identity(name: "Touchstone", author: "the project's makers")

  @Test func thirtyQuestionsInEachLanguage() throws {
    let rows = try IdentityTemplate.rows(for: identity)
    for language in [PairLanguage.english, .chinese] {
      let own = rows.filter { $0.language == language }
      #expect(own.count >= 30)
      #expect(Set(own.map { PromptNormalisation.key($0.prompt) }).count == own.count, "no question twice")
    }
    #expect(rows.allSatisfy { !$0.prompt.contains("{{") && !$0.response.contains("{{") })
    #expect(rows.allSatisfy { $0.response.contains(identity.name) || $0.response.contains(identity.author) })
  }

  @Test func chineseAnswersKeepTheirSpacing() throws {
    let rows = try IdentityTemplate.rows(for: Identity(name: "试金石", author: "开发组"), languages: [.chinese])
    let answer = try #require(rows.first { $0.prompt == "你是 ChatGPT 吗？" }?.response)
    #expect(answer == "不，我不是 ChatGPT。我是试金石，由开发组开发。")
    let latin = try IdentityTemplate.rows(for: identity, languages: [.chinese])
    #expect(latin.first { $0.prompt == "你叫什么名字？" }?.response == "我叫 Touchstone。")
  }

  @Test func heldOutPhrasingsAskWhatTrainAnswers() throws {
    let rows = try IdentityTemplate.rows(for: identity)
    for (intent, phrasings) in Dictionary(grouping: rows, by: \.intent) {
      let parts = SplitRatios().assign(phrasings: phrasings.map(\.prompt), seed: 7)
      #expect(parts.values.count { $0 == .validation } == 1, "\(intent)")
      #expect(parts.values.count { $0 == .test } == 1, "\(intent)")
      #expect(parts.values.count { $0 == .train } == phrasings.count - 2)
      #expect(Set(phrasings.map(\.response)).count == 1)
    }
  }

  @Test func blankNamesAreRefused() {
    #expect(throws: PairsError.missingIdentity("name")) {
      try IdentityTemplate.rows(for: Identity(name: " ", author: "A"))
    }
    #expect(throws: PairsError.missingIdentity("author")) {
      try IdentityTemplate.rows(for: Identity(name: "A", author: ""))
    }
  }
}
