import Tensors
import Testing
import Training

@Suite struct BatchingTests {
  private let limits = RowLimits(maximumLength: 6, vocabularySize: 100)

  @Test func longRowsAreCutAndCounted() throws {
    let rows = [
      TrainingRow(id: "fits", tokens: [1, 2, 3], isTarget: [false, true, true]),
      TrainingRow(
        id: "loses its end", tokens: [1, 2, 3, 4, 5, 6, 7], isTarget: [false, true, true, true, true, true, true]),
      TrainingRow(
        id: "loses padding only", tokens: [1, 2, 3, 4, 5, 6, 7], isTarget: [false, true, true, true, true, true, false]),
      TrainingRow(
        id: "loses all", tokens: [1, 2, 3, 4, 5, 6, 7], isTarget: [false, false, false, false, false, false, true]),
      TrainingRow(id: "empty", tokens: [], isTarget: []),
      TrainingRow(id: "first only", tokens: [1, 2], isTarget: [true, false]),
    ]
    let (kept, report) = try limits.prepare(rows)
    #expect(kept.map(\.id) == ["fits", "loses its end", "loses padding only"])
    #expect(kept.allSatisfy { $0.tokens.count <= 6 })
    #expect(report.rows == 6 && report.kept == 3 && report.cut == 3 && report.lostEnd == 2)
    #expect(report.refusedIDs == ["loses all": "without a target", "empty": "empty", "first only": "without a target"])
    #expect(report.targets == 2 + 5 + 5 && report.tokens == 3 + 6 + 6)
    #expect(report.summary?.contains("3 of 6 rows kept") == true)
  }

  @Test func longAnswersAreCutAndHopelessPairsRefused() throws {
    let rows = [
      PreferenceRow(id: "fits", prompt: [1, 2], chosen: [3, 4], rejected: [5]),
      PreferenceRow(id: "cut", prompt: [1, 2], chosen: [3, 4, 5, 6, 7], rejected: [5]),
      PreferenceRow(id: "no room", prompt: [1, 2, 3, 4, 5, 6], chosen: [3], rejected: [5]),
      PreferenceRow(id: "no answer", prompt: [1], chosen: [], rejected: [5]),
      PreferenceRow(id: "no prompt", prompt: [], chosen: [1], rejected: [5]),
    ]
    let (kept, report) = try limits.prepare(rows)
    #expect(kept.map(\.id) == ["fits", "cut"] && kept[1].chosen == [3, 4, 5, 6])
    #expect(report.cut == 1 && report.lostEnd == 1 && report.refused == 3)
  }

  @Test func foreignTokensAreNamed() {
    let row = TrainingRow(id: "pair_7", document: [1, 100])
    let error = #expect(throws: TrainingError.self) { try limits.prepare([row]) }
    #expect(error?.description.contains("pair_7") == true && error?.description.contains("100") == true)
  }

  @Test func examplesEndAtTheirLastTarget() {
    let row = TrainingRow(id: "a", tokens: [10, 11, 12, 13, 14], isTarget: [true, false, true, true, false])
    let example = Example(row)
    #expect(example.pieces[0].tokens == [10, 11, 12])
    #expect(example.pieces[0].targets == [Target(row: 1, token: 12), Target(row: 2, token: 13)])
    let (batch, targets) = Example.stream([example, example])
    #expect(batch.tokens == [10, 11, 12, 10, 11, 12] && batch.positions == [0, 1, 2, 0, 1, 2])
    #expect(targets.map(\.row) == [1, 2, 4, 5])
  }

  @Test func budgetsAreKept() {
    #expect(TokenBudget.ranges(costs: [3, 3, 3, 9, 1], budget: 6) == [0..<2, 2..<3, 3..<4, 4..<5])
    #expect(TokenBudget.ranges(costs: [], budget: 6).isEmpty)
  }

  @Test func anEpochReadsEveryRowOnce() {
    let order = EpochOrder(count: 10, batchSize: 4, seed: 3, shuffles: true)
    #expect(order.stepsPerEpoch == 3)
    let first = (0..<3).map { Array(order.items(step: $0)) }
    let second = (3..<6).flatMap { Array(order.items(step: $0)) }
    #expect(first.map(\.count) == [4, 4, 2])
    #expect(first.joined().sorted() == Array(0..<10) && second.sorted() == Array(0..<10))
    #expect(Array(first.joined()) != second)
    #expect(order.position(step: 4) == (epoch: 1, offset: 4))
    let again = EpochOrder(count: 10, batchSize: 4, seed: 3, shuffles: true)
    #expect(Array(again.items(step: 4)) == Array(order.items(step: 4)))
  }

  @Test func windowsLoseNoTarget() throws {
    let documents = [[1, 2, 3, 4, 5], [6, 7], [8, 9, 10, 0]].enumerated().map {
      TrainingRow(id: "doc\($0.offset)", document: $0.element)
    }
    let windows = DocumentWindows(
      documents: documents, endOfText: 0, length: 4, loop: LoopOptions(batchSize: 2, shuffles: false))
    let examples = try (0..<windows.stepsPerEpoch).flatMap { try windows.examples(step: $0) }
    #expect(windows.count == 3 && examples.map(\.cost) == [4, 4, 2])
    #expect(examples.allSatisfy { $0.cost == $0.targetCount })
    // Every token but each document's first is a target once, and so is the end of each document.
    #expect(examples.flatMap(\.pieces).flatMap(\.targets).map(\.token) == [2, 3, 4, 5, 0, 7, 0, 9, 10, 0])
    #expect(examples[1].ids == ["doc0", "doc1", "doc2"])
    #expect(examples[1].pieces.map(\.tokens) == [[5], [6, 7], [8]])
  }

  @Test func answersShareTheirPromptsRows() {
    var stream = AnswerStream()
    stream.append(prompt: [1, 2, 3], answers: [[4, 5], [6], [7, 8, 9]], keepsLastTokens: false)
    #expect(stream.batch.tokens == [1, 2, 3, 4, 7, 8])
    #expect(stream.answers.map { $0.targets.map(\.row) } == [[2, 3], [2], [2, 4, 5]])
    var scored = AnswerStream()
    scored.append(prompt: [1, 2, 3], answers: [[4, 5], [6]], keepsLastTokens: true)
    #expect(scored.batch.tokens == [1, 2, 3, 4, 5, 6] && scored.batch.positions == [0, 1, 2, 3, 4, 3])
    #expect(scored.answers.map(\.lastRow) == [4, 5])
  }
}
