import Foundation
import Models
import Tensors
import Testing
import Training

/// Rows that come from a file train to the bits of rows in memory.
@Suite struct FeedTests {
  private let pairs = PreferenceRow.small(count: 11, prompt: [1, 87, 85, 261, 201, 57, 2, 201, 1, 67])
  private struct WasAsked: Error {}

  private struct Run: Equatable {
    var bits: [[UInt32]]
    var rows: [[String]]
    var losses: [Double]
    var validation: [String: Double]
    var report: DataReport
  }

  private func options(_ packing: SupervisedOptions.Packing, steps: Int = 7) -> SupervisedOptions {
    SupervisedOptions(
      optimizer: OptimizerOptions(learningRate: 0.01),
      loop: LoopOptions(
        seed: 5, maximumSteps: steps, batchSize: 3, microbatchTokens: 24, maximumLength: packing == .rows ? 14 : 16,
        evaluateEvery: 3),
      packing: packing, endOfText: packing == .rows ? nil : 2)
  }

  private func run(
    _ make: (Role, TrainingContext) throws -> SupervisedTrainer, context: TrainingContext = TrainingContext()
  ) throws -> Run {
    let model = try Fixture.model()
    model.isTrainable = true
    let (role, recorder) = (Role(model), ListRecorder())
    var context = context
    context.recorder = recorder
    let outcome = try make(role, context).train()
    return Run(
      bits: model.parameters.map { $0.value.toArray().map(\.bitPattern) }, rows: recorder.reports.map(\.rows),
      losses: recorder.reports.map(\.loss), validation: outcome.validation, report: outcome.data)
  }

  @Test(arguments: SupervisedOptions.Packing.allCases) func sameBitsAsInMemory(
    packing: SupervisedOptions.Packing
  ) throws {
    var rows = pairs.map { row in
      packing == .rows
        ? TrainingRow(id: row.id, prompt: row.prompt, answer: row.chosen)
        : TrainingRow(id: row.id, document: row.prompt + row.rejected)
    }
    // Refused; cut, or longer than a window; ending with the end of text, or nothing but it.
    rows.insert(TrainingRow(id: "empty", tokens: [], isTarget: []), at: 2)
    rows.insert(TrainingRow(id: "long", document: (0..<40).map { 40 + $0 }), at: 4)
    rows.insert(TrainingRow(id: "ends", document: [5, 6, 2]), at: 6)
    if packing == .windows { rows.insert(TrainingRow(id: "end", document: [2]), at: 7) }
    let (train, held) = (rows.dropLast(4).map { $0 }, rows.suffix(4).map { $0 })
    let options = options(packing)
    let whole = try run {
      try SupervisedTrainer(role: $0, rows: train, validation: held, options: options, context: $1)
    }
    #expect(whole.report.refused == 1 && !whole.validation.isEmpty)
    try withTemporaryFolder { folder in
      let context = TrainingContext(fingerprint: "these rows")
      func feeding(_ train: RowFeed, _ held: RowFeed, context: TrainingContext) throws -> Run {
        try run(
          {
            try SupervisedTrainer(
              role: $0, feed: train, validation: held, options: options, folder: folder, context: $1)
          }, context: context)
      }
      let spooled = try feeding({ try train.forEach($0) }, { try held.forEach($0) }, context: context)
      #expect(spooled == whole)
      // A second start finds the rows; one of other rows does not.
      #expect(try feeding({ _ in throw WasAsked() }, { _ in throw WasAsked() }, context: context) == whole)
      #expect(throws: WasAsked.self) {
        try feeding({ _ in throw WasAsked() }, { _ in }, context: TrainingContext(fingerprint: "others"))
      }
      #expect(throws: WasAsked.self) { try feeding({ _ in throw WasAsked() }, { _ in }, context: TrainingContext()) }
    }
  }

  @Test func aDamagedRowEndsTheRunWithItsPlace() throws {
    try withTemporaryFolder { folder in
      let rows = pairs.map { TrainingRow(id: $0.id, prompt: $0.prompt, answer: $0.chosen) }
      let model = try Fixture.model()
      model.isTrainable = true
      let trainer = try SupervisedTrainer(
        role: Role(model), feed: { try rows.forEach($0) }, validation: { _ in }, options: options(.rows),
        folder: folder, context: TrainingContext())
      let file = try FileHandle(forUpdating: folder.appendingPathComponent("train.rows"))
      try file.truncate(atOffset: 40)
      let error = #expect(throws: TrainingError.self) { try trainer.train() }
      #expect(error?.description.contains("train.rows: the file was cut off: row") == true)
    }
  }

  @Test func nothingToTrainOnIsSaidPlainly() throws {
    try withTemporaryFolder { folder in
      let model = try Fixture.model()
      model.isTrainable = true
      let error = #expect(throws: TrainingError.self) {
        try SupervisedTrainer(
          role: Role(model), feed: { _ in }, validation: { _ in }, options: options(.windows), folder: folder,
          context: TrainingContext())
      }
      #expect(error?.description.contains("no document is left") == true)
    }
  }
}
