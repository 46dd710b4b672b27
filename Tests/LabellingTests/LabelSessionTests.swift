import Labelling
import Store
import Testing

@Suite struct LabelSessionTests {
  /// The choice that prefers the answer with this beginning.
  private func choice(_ view: LabelSession.View?, _ beginning: String) -> LabelSession.Choice {
    view?.first.hasPrefix(beginning) == true ? .first : .second
  }

  @Test func verdictsFollowTheAnswersNotTheirPlaces() throws {
    let fixture = try LabelFixture(count: 24)
    var session = try LabelSession(store: fixture.store, annotator: fixture.annotator(), seed: 3)
    var orders: Set<Bool> = []
    while let view = session.view {
      orders.insert(view.isAFirst)
      #expect(Set([view.first, view.second]) == [view.item.answerA.text, view.item.answerB.text])
      try session.answer(choice(view, "good"))
    }
    #expect(session.end == .nothingLeft)
    #expect(orders == [true, false])
    #expect(try fixture.verdicts().allSatisfy { $0 == .a })
    let recorded = try fixture.store.currentJudgements().map(\.aFirst)
    #expect(recorded.contains(true) && recorded.contains(false))
  }

  @Test func orderDependsOnSeedAndAnnotator() throws {
    let fixture = try LabelFixture(count: 16)
    func order(_ name: String, _ seed: UInt64) throws -> [Bool] {
      var session = try LabelSession(
        store: fixture.store, annotator: fixture.annotator(name + "\(seed)"), seed: seed)
      var order: [Bool] = []
      while let view = session.view {
        order.append(view.isAFirst)
        try session.answer(.tie)
      }
      return order
    }
    #expect(try order("mei", 1) != order("tom", 2))
  }

  @Test func aKillLosesNothing() throws {
    let fixture = try LabelFixture(count: 5)
    for number in 0..<5 {
      // Each answer by a store and a session of its own, never closed in order: what the next one finds is on disk.
      let store = try Store(path: fixture.path, access: .existing)
      var session = try LabelSession(store: store, annotator: fixture.annotator(), limit: 1)
      #expect(session.progress.judged == number)
      #expect(session.view?.item.prompt.messages[0].content == "question \(number)")
      try session.answer(choice(session.view, "bad"))
      #expect(session.end == (.limitReached))
    }
    #expect(try fixture.verdicts() == Array(repeating: .b, count: 5))
  }

  @Test func undoReachesBackIntoEarlierSessions() throws {
    let fixture = try LabelFixture(count: 3)
    var first = try LabelSession(store: fixture.store, annotator: fixture.annotator())
    first.comment = "不确定"
    try first.answer(.tie)
    try first.answer(.skip)
    var second = try LabelSession(store: fixture.store, annotator: fixture.annotator())
    #expect(second.progress == LabelProgress(judged: 1, skipped: 1, total: 3))
    #expect(try second.undo())
    #expect(second.view?.item.comparison == fixture.comparisons[1])
    #expect(try second.undo())
    #expect(second.view?.item.comparison == fixture.comparisons[0])
    #expect(second.comment == "不确定")
    #expect(try !second.undo())
    try second.answer(.bothBad)
    #expect(try fixture.verdicts() == [.bothBad, nil, nil])
    #expect(try fixture.store.judgementEvents(comparison: fixture.comparisons[0].id).count == 3)
  }

  @Test func undoAfterTheEndGoesOn() throws {
    let fixture = try LabelFixture(count: 1)
    var session = try LabelSession(store: fixture.store, annotator: fixture.annotator())
    try session.answer(.first)
    #expect(session.view == nil && session.end == .nothingLeft)
    #expect(try session.undo())
    #expect(session.view != nil && session.end == nil && session.answered == 0)
  }

  @Test func timeAndCommentAreRecorded() throws {
    let fixture = try LabelFixture(count: 2)
    nonisolated(unsafe) var now = 100
    var session = try LabelSession(store: fixture.store, annotator: fixture.annotator(), clock: { now })
    now = 1850
    session.comment = "更简洁"
    try session.answer(.tie)
    now = 2000
    session.restartClock()
    now = 2500
    try session.answer(.tie)
    let judgements = try fixture.store.currentJudgements()
    #expect(judgements.map(\.milliseconds) == [1750, 500])
    #expect(judgements.map(\.comment) == ["更简洁", nil])
  }

  @Test func annotatorsDoNotSeeEachOther() throws {
    let fixture = try LabelFixture(count: 2)
    var mei = try LabelSession(store: fixture.store, annotator: fixture.annotator("mei"))
    try mei.answer(.tie)
    let tom = try LabelSession(store: fixture.store, annotator: fixture.annotator("tom"))
    #expect(tom.progress.judged == 0 && tom.view?.item.comparison == fixture.comparisons[0])
  }
}
