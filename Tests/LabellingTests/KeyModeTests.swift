import Labelling
import Store
import Testing

@Suite struct KeyModeTests {
  /// Types keys; returns how the session ended, if it did.
  @discardableResult
  private func type(_ keys: [Key], _ state: inout KeyModeState, _ session: inout LabelSession) throws -> LabelOutcome? {
    for key in keys {
      if let outcome = try state.handle(key, &session) { return outcome }
    }
    return nil
  }

  @Test func keysAnswerAtOnce() throws {
    let fixture = try LabelFixture(count: 5)
    var session = try LabelSession(store: fixture.store, annotator: fixture.annotator())
    var state = KeyModeState()
    for (key, expected) in [("t", Verdict.tie), ("n", .bothBad), ("s", .skip)] {
      try type([.character(Character(key))], &state, &session)
      #expect(try fixture.store.currentJudgements().last?.verdict == expected)
    }
    let isAFirst = session.view?.isAFirst
    try type([.character("b")], &state, &session)
    #expect(try fixture.store.currentJudgements().last?.verdict == (isAFirst == true ? .b : .a))
    try type([.character("u"), .character("u")], &state, &session)
    #expect(state.notice == "took back your last answer")
    #expect(try fixture.verdicts() == [.tie, .bothBad, nil, nil, nil])
    #expect(try type([.character("q")], &state, &session) == .quit)
    #expect(try type([.interrupt], &state, &session) == .interrupted)
    #expect(try type([.end], &state, &session) == .quit)
  }

  @Test func commentsAreTypedWithoutAnswering() throws {
    let fixture = try LabelFixture(count: 2)
    var session = try LabelSession(store: fixture.store, annotator: fixture.annotator())
    var state = KeyModeState()
    try type([.character("c")] + "太长 too ab".map(Key.character) + [.backspace, .backspace, .enter], &state, &session)
    #expect(session.comment == "太长 too " && state.draft == nil)
    #expect(try fixture.verdicts() == [nil, nil])
    try type([.character("c"), .character("x"), .escape], &state, &session)
    #expect(session.comment == "太长 too ")
    try type([.character("t")], &state, &session)
    #expect(session.comment == nil)
    #expect(try fixture.store.currentJudgements().map(\.comment) == ["太长 too "])
  }

  @Test func helpAndUnknownKeysChangeNothing() throws {
    let fixture = try LabelFixture(count: 1)
    var session = try LabelSession(store: fixture.store, annotator: fixture.annotator())
    var state = KeyModeState()
    try type([.character("?"), .character("a"), .resized, .other, .character("微")], &state, &session)
    #expect(!state.isHelpShown && state.notice?.contains("微") == true)
    #expect(try fixture.verdicts() == [nil])
  }

  @Test func longPagesScroll() throws {
    let fixture = try LabelFixture(count: 2)
    var session = try LabelSession(store: fixture.store, annotator: fixture.annotator())
    var state = KeyModeState()
    state.pageHeight = 10
    try type([.character(" "), .down, .up, .down, .pageDown], &state, &session)
    #expect(state.scroll == 21)
    try type([.pageUp, .character("-"), .pageUp], &state, &session)
    #expect(state.scroll == 0)
    try type([.down, .character("t")], &state, &session)
    #expect(state.scroll == 0)
  }

  @Test func theLastAnswerCanBeTakenBackToo() throws {
    let fixture = try LabelFixture(count: 1)
    var session = try LabelSession(store: fixture.store, annotator: fixture.annotator())
    var state = KeyModeState()
    #expect(try type([.character("t"), .character("c"), .character("a"), .character("u")], &state, &session) == nil)
    #expect(session.view != nil && state.draft == nil)
    #expect(try type([.character("n"), .enter], &state, &session) == .finished(.nothingLeft))
    #expect(try fixture.verdicts() == [.bothBad])
  }
}
