import Foundation
import Store
import Testing

@Suite struct SearchTests {
  private func fixture() throws -> (StoreFixture, [String: String]) {
    let fixture = try StoreFixture()
    var ids: [String: String] = [:]
    ids["zh"] = try fixture.addDocument("大语言模型可以微调。微调之后，回答更合用户的心意。", title: "微调指南").document
    ids["mixed"] = try fixture.addDocument("用 LoRA 微调 Llama 模型，显存不足时可用 QLoRA。", title: "LoRA 入门").document
    ids["en"] = try fixture.addDocument(
      "Installing packages: the package manager resolves dependencies. Café society.", title: "Packages"
    ).document
    ids["ja"] = try fixture.addDocument("モデルを学習する", title: "学習").document
    #expect(try fixture.store.refreshSearchIndex() == 4)
    return (fixture, ids)
  }

  @Test func chineseIsFoundInsideSentences() throws {
    let (fixture, ids) = try fixture()
    #expect(Set(try fixture.store.search("微调").map(\.document)) == [ids["zh"]!, ids["mixed"]!])
    #expect(try fixture.store.search("用户的心意").map(\.document) == [ids["zh"]!])
    #expect(try fixture.store.search("語言").isEmpty)
    #expect(try fixture.store.search("学習する").map(\.document) == [ids["ja"]!])
    // The characters are there, but not side by side, so nothing is found.
    #expect(try fixture.store.search("型微").isEmpty)
  }

  @Test func mixedScriptsNeedNoSpaces() throws {
    let (fixture, ids) = try fixture()
    #expect(try fixture.store.search("Llama模型").map(\.document) == [ids["mixed"]!])
    #expect(try fixture.store.search("lora 显存").map(\.document) == [ids["mixed"]!])
  }

  @Test func englishFormsAndAccentsAreOne() throws {
    let (fixture, ids) = try fixture()
    #expect(try fixture.store.search("dependency").map(\.document) == [ids["en"]!])
    #expect(try fixture.store.search("cafe").map(\.document) == [ids["en"]!])
    #expect(try fixture.store.search("\"package manager\"").map(\.document) == [ids["en"]!])
    #expect(try fixture.store.search("\"manager package\"").isEmpty)
  }

  @Test func titleCountsMore() throws {
    let (fixture, ids) = try fixture()
    #expect(try fixture.store.search("微调").first?.document == ids["zh"]!)
  }

  @Test func someTermsSufficeWhenNoDocumentHasAll() throws {
    let (fixture, ids) = try fixture()
    #expect(try fixture.store.search("packages nonexistent").map(\.document) == [ids["en"]!])
  }

  @Test(arguments: ["", "   ", "\"", "AND", "a* OR (b", "NEAR(x y)", "title:x", "，。！", "^", "-x", "%", "'; DROP TABLE"])
  func noQueryIsAnError(_ query: String) throws {
    let (fixture, _) = try fixture()
    _ = try fixture.store.search(query)
  }

  @Test func snippetsShowTheTermsInTheOriginalText() throws {
    let (fixture, _) = try fixture()
    let hit = try #require(try fixture.store.search("微调 回答", width: 40, marks: ("[", "]")).first)
    #expect(hit.snippet.contains("[微调]") && hit.snippet.contains("[回答]"))
    let english = try #require(try fixture.store.search("dependency", marks: ("[", "]")).first)
    #expect(english.snippet.contains("[dependenc]ies"))
    let long = try fixture.addDocument(
      String(repeating: "filler ", count: 500) + "needle " + String(repeating: "hay ", count: 500))
    try fixture.store.refreshSearchIndex()
    let found = try #require(try fixture.store.search("needle", width: 60).first)
    #expect(found.document == long.document)
    #expect(found.snippet.contains("needle") && found.snippet.hasPrefix("…") && found.snippet.count <= 62)
  }

  @Test func droppedDocumentsAreNotFound() throws {
    let (fixture, ids) = try fixture()
    try fixture.store.dropDocument(id: ids["en"]!, reason: "test")
    #expect(try fixture.store.search("packages").isEmpty)
    try fixture.store.keepDocument(id: ids["en"]!)
    #expect(try fixture.store.unindexedCount() == 1)
    try fixture.store.refreshSearchIndex()
    #expect(try fixture.store.search("packages").count == 1)
    #expect(try fixture.store.verify().isSound)
  }
}
