import Store
import Testing

@Suite struct JudgementTests {
  @Test func sameAnswersAreComparedOnce() throws {
    let fixture = try StoreFixture()
    let comparison = try fixture.addComparison("问？", "答一", "答二")
    #expect(try fixture.addComparison("问？", "答二", "答一") == comparison)
    #expect(throws: StoreError.self) {
      try fixture.store.addComparisons([
        Comparison(
          prompt: comparison.prompt, completionA: comparison.completionA, completionB: comparison.completionA,
          origin: .sampled)
      ])
    }
  }

  @Test func queueIsPerAnnotatorAndUndoPutsBack() throws {
    let fixture = try StoreFixture()
    let store = fixture.store
    let comparisons = try (0..<3).map { try fixture.addComparison("q\($0)", "a", "b") }
    let (ann, bob) = (try store.annotator(name: "ann", kind: .person), try store.annotator(name: "bob", kind: .person))
    #expect(try store.annotator(name: "ann", kind: .person) == ann)
    #expect(try store.nextComparison(annotator: ann.id)?.comparison == comparisons[0])
    try store.recordJudgements([Judgement(comparison: comparisons[0].id, annotator: ann.id, event: .judge(.a))])
    try store.recordJudgements([Judgement(comparison: comparisons[1].id, annotator: ann.id, event: .judge(.skip))])
    #expect(try store.nextComparison(annotator: ann.id)?.comparison == comparisons[2])
    #expect(try store.nextComparison(annotator: bob.id)?.comparison == comparisons[0])
    let progress = try store.labelProgress(annotator: ann.id)
    #expect(progress == LabelProgress(judged: 1, skipped: 1, total: 3) && progress.remaining == 1)
    #expect(try store.undoLastJudgement(annotator: ann.id)?.verdict == .skip)
    #expect(try store.nextComparison(annotator: ann.id)?.comparison == comparisons[1])
    #expect(try store.undoLastJudgement(annotator: ann.id)?.verdict == .a)
    #expect(try store.undoLastJudgement(annotator: ann.id) == nil)
    #expect(try store.nextComparison(annotator: ann.id)?.comparison == comparisons[0])
    #expect(try store.judgementEvents(comparison: comparisons[0].id).count == 2)
    #expect(try store.nextComparison(annotator: ann.id, filter: ComparisonFilter(origin: .imported)) == nil)
    #expect(try store.nextComparison(annotator: ann.id, filter: ComparisonFilter(split: .test)) == nil)
  }

  @Test func laterJudgementCountsAndUndoingItRevivesTheEarlier() throws {
    let fixture = try StoreFixture()
    let store = fixture.store
    let comparison = try fixture.addComparison("q", "a", "b")
    let annotator = try store.annotator(name: "ann", kind: .person)
    for verdict in [Verdict.a, .b] {
      try store.recordJudgements([
        Judgement(
          comparison: comparison.id, annotator: annotator.id, event: .judge(verdict), aFirst: false, strength: 2,
          comment: "更清楚", milliseconds: 1234)
      ])
    }
    let current = try #require(try store.currentJudgement(comparison: comparison.id, annotator: annotator.id))
    #expect(
      current.verdict == .b && current.comment == "更清楚" && current.aFirst == false && current.milliseconds == 1234)
    try store.undoLastJudgement(annotator: annotator.id)
    #expect(try store.currentJudgements().map(\.verdict) == [.a])
  }

  @Test func preferencesAreMajorities() throws {
    let fixture = try StoreFixture()
    let store = fixture.store
    let comparisons = try (0..<4).map {
      try fixture.addComparison("q\($0)", "a\($0)", "b\($0)", split: $0 == 3 ? .test : .train)
    }
    let people = try ["x", "y", "z"].map { try store.annotator(name: $0, kind: .person) }
    let rule = try store.annotator(name: "concise", kind: .rule, version: "1")
    let verdicts: [[Verdict]] = [[.a, .a, .b], [.a, .b, .tie], [.tie, .bothBad, .skip], [.b, .b, .b]]
    for (comparison, row) in zip(comparisons, verdicts) {
      for (person, verdict) in zip(people, row) {
        try store.recordJudgements([Judgement(comparison: comparison.id, annotator: person.id, event: .judge(verdict))])
      }
      try store.recordJudgements([Judgement(comparison: comparison.id, annotator: rule.id, event: .judge(.b))])
    }
    let rows = try store.preferences(PreferenceFilter(annotatorKind: .person))
    #expect(rows.map(\.comparison) == [comparisons[0].id, comparisons[3].id])
    #expect(rows[0].chosen.text == "a0" && rows[0].votes == 2 && rows[0].opposed == 1)
    #expect(rows[1].chosen.text == "b3")
    #expect(try store.preferences(PreferenceFilter(split: .test, annotatorKind: .person)).count == 1)
    #expect(try store.preferences(PreferenceFilter(annotatorName: "concise")).count == 4)
    #expect(try store.preferences(PreferenceFilter(annotatorKind: .rule)).allSatisfy { $0.chosen.text.hasPrefix("b") })
  }

  @Test func completionsKeepTokensAndScores() throws {
    let fixture = try StoreFixture()
    let prompt = try fixture.store.addPrompts([
      Prompt(messages: [Message(role: .user, content: "你是谁？")], origin: "pair", split: .validation)
    ])[0].id
    let completion = Completion(
      prompt: prompt, text: "我是助手。", tokens: [1, -2, 70_000], sampling: ["temperature": 0.7], seed: .max,
      finishReason: "stop", logprob: -3.25)
    try fixture.store.addCompletions([completion])
    #expect(try fixture.store.completion(id: completion.id) == completion)
    var again = completion
    again.id = RecordID.make(.completion)
    #expect(try fixture.store.addCompletions([again]) == [Added(id: completion.id, isNew: false)])
    again.sampling = ["temperature": 1.0]
    #expect(try fixture.store.addCompletions([again])[0].isNew)
    let score = CompletionScore(completion: completion.id, scorer: "concise/1", score: 0.5)
    try fixture.store.recordScores([score])
    #expect(try fixture.store.scores(ofCompletion: completion.id) == [score])
  }
}
