import Store
import Testing

@Suite struct PairTests {
  private func pair(_ question: String, _ answer: String, split: Split = .train) -> Pair {
    Pair(
      messages: [Message(role: .user, content: question), Message(role: .assistant, content: answer)],
      origin: .minedFAQ, rule: "question-heading/1", language: "zh", split: split)
  }

  @Test func sameConversationIsOneRowWithAllItsSources() throws {
    let fixture = try StoreFixture()
    let one = try fixture.addDocument("什么是微调？微调是……").document
    let two = try fixture.addDocument("什么是微调？微调是……！").document
    let (first, again) = (pair("什么是微调？", "微调是……"), pair("什么是微调？", "微调是……", split: .test))
    #expect(
      try fixture.store.addPairs(
        [first], sources: [PairSource(pair: first.id, role: .prompt, document: one, range: 0..<18)])
        == [Added(id: first.id, isNew: true)])
    #expect(
      try fixture.store.addPairs(
        [again], sources: [PairSource(pair: again.id, role: .prompt, document: two, range: 0..<18)])
        == [Added(id: first.id, isNew: false)])
    #expect(try fixture.store.pairs() == [first])
    #expect(Set(try fixture.store.sources(ofPair: first.id).map(\.document)) == [one, two])
  }

  @Test func supersededPairsComeBackWhenMadeAgain() throws {
    let fixture = try StoreFixture()
    let (kept, stale) = (pair("a?", "1."), pair("b?", "2."))
    try fixture.store.addPairs([kept, stale])
    #expect(try fixture.store.supersedePairs(origin: .minedFAQ, keeping: [kept.id]) == 1)
    #expect(try fixture.store.pairs().map(\.id) == [kept.id])
    #expect(try fixture.store.pairs(PairFilter(valid: false)).first?.invalidReason == "superseded")
    try fixture.store.addPairs([pair("b?", "2.")])
    #expect(try fixture.store.pairs().count == 2)
  }

  @Test func filtersAndCounts() throws {
    let fixture = try StoreFixture()
    let pairs = [pair("a?", "1."), pair("b?", "2.", split: .test)]
    try fixture.store.addPairs(pairs)
    try fixture.store.setPairInvalid(id: pairs[0].id, reason: "too short")
    #expect(try fixture.store.pairs(PairFilter(split: .test)).map(\.id) == [pairs[1].id])
    #expect(try fixture.store.pairs(PairFilter(origin: .imported, valid: nil)).isEmpty)
    try fixture.store.setSplits([pairs[1].id: .validation])
    let counts = try fixture.store.pairCounts()
    #expect(counts.map(\.count) == [1, 1])
    #expect(Set(counts.map(\.split)) == [.train, .validation])
  }

  @Test func importedPreferenceIsPromptAnswersComparisonAndJudgement() throws {
    let fixture = try StoreFixture()
    for (chosen, rejected) in [("好的回答", "坏的回答"), ("坏", "好"), ("a", "b"), ("b2", "a2")] {
      let prompt = Prompt(messages: [Message(role: .user, content: "问题")], origin: "imported", split: .train)
      let added = try fixture.store.addImportedPreference(prompt: prompt, chosen: chosen, rejected: rejected)
      #expect(added.isNew)
      #expect(try !fixture.store.addImportedPreference(prompt: prompt, chosen: chosen, rejected: rejected).isNew)
      let row = try #require(try fixture.store.preferences().first { $0.comparison == added.id })
      #expect(row.chosen.text == chosen && row.rejected.text == rejected && row.votes == 1)
    }
    #expect(try fixture.store.prompts().count == 1)
    #expect(try fixture.store.annotators().map(\.kind) == [.imported])
    #expect(try fixture.store.preferences(PreferenceFilter(annotatorKind: .person)).isEmpty)
    #expect(throws: StoreError.self) {
      try fixture.store.addImportedPreference(
        prompt: Prompt(messages: [], origin: "imported", split: .train), chosen: "x", rejected: "x")
    }
  }

  @Test func recordsOfADataSetAreAccountedFor() throws {
    let fixture = try StoreFixture()
    let source = try fixture.store.addSource(
      Source(hash: "h", bytes: 30, mediaType: "application/jsonl", purpose: .dataset)
    ).id
    let pair = pair("a?", "1.")
    try fixture.store.addPairs([pair])
    let records = [
      ImportRecord(source: source, ordinal: 0, range: 0..<20, outcome: .pair, target: pair.id),
      ImportRecord(source: source, ordinal: 1, range: 20..<30, outcome: .refused, reason: "not JSON"),
    ]
    try fixture.store.recordImports(records)
    #expect(try fixture.store.imports(ofSource: source) == records)
    let report = try fixture.store.conservation()
    #expect(report.isBalanced && report.sources == 0 && report.datasets == 1)
    #expect(report.datasetOutcomes.map(\.name) == ["pair", "refused: not JSON"])
    #expect(throws: StoreError.self) {
      try fixture.store.recordImports([ImportRecord(source: source, ordinal: 2, range: 0..<1, outcome: .refused)])
    }
  }
}
