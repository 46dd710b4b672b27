import Labelling
import Store
import Terminal
import Testing

@Suite struct LineModeTests {
  /// Runs a script and returns what was printed.
  private func run(
    _ fixture: LabelFixture, _ script: [String], width: Int = 80, limit: Int? = nil
  ) throws -> (lines: [String], outcome: LabelOutcome) {
    var session = try LabelSession(store: fixture.store, annotator: fixture.annotator(), limit: limit)
    var rest = script[...]
    var lines: [String] = []
    let mode = LineMode(
      width: width, readLine: { rest.popFirst() },
      write: { lines += $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) })
    let outcome = try mode.run(&session)
    return (lines, outcome)
  }

  @Test func aScriptLabelsEverything() throws {
    let fixture = try LabelFixture(count: 6)
    let (lines, outcome) = try run(fixture, ["t", "n", "s", "c 第三个更好", "", "a", "tie", "both bad"])
    #expect(outcome == .finished(.nothingLeft))
    let verdicts = try fixture.verdicts()
    #expect(verdicts[0] == .tie && verdicts[1] == .bothBad && verdicts[2] == .skip)
    #expect(verdicts[4] == .tie && verdicts[5] == .bothBad)
    let judgement = try #require(
      try fixture.store.currentJudgement(comparison: fixture.comparisons[3].id, annotator: fixture.annotator().id))
    #expect(judgement.comment == "第三个更好")
    #expect((judgement.verdict == .a) == (judgement.aFirst == true))
    #expect(lines.contains { $0.contains("0 of 6 done") } && lines.contains { $0.contains("5 of 6 done") })
    #expect(!lines.joined().contains("\u{1B}"))
  }

  @Test func endOfInputAndQuitKeepWhatWasAnswered() throws {
    let fixture = try LabelFixture(count: 4)
    #expect(try run(fixture, ["t"]).outcome == .quit)
    #expect(try run(fixture, ["n", "q", "t"]).outcome == .quit)
    #expect(try fixture.verdicts() == [.tie, .bothBad, nil, nil])
    #expect(try run(fixture, ["t", "t", "t"], limit: 1).outcome == .finished(.limitReached))
    #expect(try fixture.verdicts() == [.tie, .bothBad, .tie, nil])
  }

  @Test func undoShowsTheComparisonAgain() throws {
    let fixture = try LabelFixture(count: 2)
    let (lines, _) = try run(fixture, ["u", "t", "u", "n", "q"])
    #expect(lines.contains("there is nothing to take back"))
    #expect(lines.filter { $0 == "question 0" }.count == 2)
    #expect(try fixture.verdicts() == [.bothBad, nil])
  }

  @Test func nonsenseChangesNothing() throws {
    let fixture = try LabelFixture(count: 1)
    let (lines, outcome) = try run(fixture, ["x", "ab", "a b", "c", "?", "answer a\u{1B}[2J"])
    #expect(outcome == .quit)
    #expect(lines.filter { $0.hasPrefix("not understood") }.count == 4)
    #expect(lines.contains { $0.contains("c TEXT") } && lines.contains { $0.contains("equally good") })
    #expect(!lines.joined().contains("\u{1B}"))
    #expect(try fixture.verdicts() == [nil])
  }

  private static let chinese = "微调（fine-tuning）是在预训练模型的基础上，用较少的数据继续训练，使模型适应特定任务的方法。" + "它比从头训练便宜得多。"

  @Test(arguments: [40, 80, 99, 100, 140])
  func everyLineFitsAndNoTextIsLost(_ width: Int) throws {
    let fixture = try LabelFixture([
      (Self.chinese, Self.chinese + "甲", String(repeating: "Fine-tuning adapts a model. ", count: 9) + "乙")
    ])
    let lines = try run(fixture, ["q"], width: width).lines
    #expect(lines.allSatisfy { $0.displayWidth <= width })
    let shown = lines.joined().filter { !" │─".contains($0) }
    let isSideBySide = lines.contains { $0.contains("── A") && $0.contains("── B") }
    #expect(isSideBySide == (width >= 100))
    if !isSideBySide { #expect(shown.contains((Self.chinese + "甲").filter { $0 != " " })) }
    #expect(shown.contains("甲") && shown.contains("乙"))
    // No line begins with a closing mark.
    #expect(!lines.contains { line in line.first.map { "，。）".contains($0) } ?? false })
  }

  @Test func columnsStandInLine() throws {
    let fixture = try LabelFixture([("比较", Self.chinese, "English answer, 和一些中文。\nSecond line\twith a tab.")])
    let lines = try run(fixture, ["q"], width: 120).lines
    let places = Set(
      lines.filter { $0.contains("│") }.map { line in
        line.prefix { $0 != "│" }.displayWidth
      })
    #expect(places.count == 1)
  }

  @Test func textCannotMoveTheCursor() throws {
    let fixture = try LabelFixture([("q\u{1B}[2J", "a\u{7}\r\nx", "b\u{9B}1m")])
    let text = try run(fixture, ["q"]).lines.joined(separator: "\n")
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || (0x7F...0x9F).contains($0.value) })
  }

  @Test func longConversationsNameTheSpeakers() throws {
    let fixture = try LabelFixture([])
    let prompt = Prompt(
      messages: [
        Message(role: .system, content: "Be brief."), Message(role: .user, content: "Hi"),
        Message(role: .assistant, content: "Hello!"), Message(role: .user, content: "你是谁？"),
      ], origin: "written", split: .train)
    try fixture.store.addPrompts([prompt])
    let answers = [Completion(prompt: prompt.id, text: "one"), Completion(prompt: prompt.id, text: "two")]
    try fixture.store.addCompletions(answers)
    try fixture.store.addComparisons([
      Comparison(prompt: prompt.id, completionA: answers[0].id, completionB: answers[1].id, origin: .sampled)
    ])
    let lines = try run(fixture, ["q"]).lines
    #expect(lines.filter { ["System", "User", "Assistant"].contains($0) } == ["System", "User", "Assistant", "User"])
  }
}
