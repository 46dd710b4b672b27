import Foundation
import Models
import Tensors
import Testing
import Training

@Suite struct LoopTests {
  private func rows(_ range: Range<Int>) -> [TrainingRow] {
    range.map { index in
      let answer: [Int32] = [Int32(40 + index % 5), Int32(60 + index % 3), 2, 201]
      return TrainingRow(id: "row\(index)", prompt: [1, 87, 85, 261], answer: answer)
    }
  }

  private func train(
    _ loop: LoopOptions, learningRate: Double = 0.01, folder: URL? = nil
  ) throws -> (outcome: TrainingOutcome, recorder: ListRecorder, role: Role) {
    let model = try Fixture.model()
    let role = Role(
      model, try Adapter(AdapterConfiguration(rank: 4, alpha: 8, targetModules: ["all-linear"]), model: model, seed: 1))
    let recorder = ListRecorder()
    let trainer = try SupervisedTrainer(
      role: role, rows: rows(0..<9), validation: rows(9..<12),
      options: SupervisedOptions(
        optimizer: OptimizerOptions(learningRate: learningRate, schedule: ScheduleOptions(.constant)), loop: loop),
      context: TrainingContext(checkpoints: folder, recorder: recorder))
    return (try trainer.train(), recorder, role)
  }

  @Test func reportsAccountForEveryRow() throws {
    let (outcome, recorder, _) = try train(LoopOptions(seed: 1, epochs: 2, batchSize: 4))
    #expect(outcome.totalSteps == 6 && outcome.steps == 6 && outcome.finish == .completed)
    #expect(recorder.reports.map(\.rows.count) == [4, 4, 1, 4, 4, 1])
    #expect(Set(recorder.reports.prefix(3).flatMap(\.rows)).count == 9)
    #expect(recorder.reports.map(\.targetTokens) == [16, 16, 4, 16, 16, 4])
    let last = try #require(recorder.reports.last)
    #expect(last.epoch == 2 && last.totalTokens == 8 && last.seconds > 0 && last.floatingPointOperations > 0)
    #expect(last.peakMemory > 1 << 20 && last.allMetrics["validation/loss"] == outcome.bestLoss)
    #expect(recorder.reports[0].validation.isEmpty && last.isBest)
  }

  @Test func theCutIntoMicrobatchesDoesNotChangeTheGradient() throws {
    let whole = try train(LoopOptions(maximumSteps: 2, batchSize: 9, microbatchTokens: 1000))
    let cut = try train(LoopOptions(maximumSteps: 2, batchSize: 9, microbatchTokens: 10))
    expectClose(cut.recorder.reports.map(\.loss), whole.recorder.reports.map(\.loss), 1e-5)
    expectClose(cut.recorder.reports.map(\.gradientNorm), whole.recorder.reports.map(\.gradientNorm), 1e-4)
  }

  @Test func overfittingStopsEarlyAndRestoresTheBest() throws {
    try withTemporaryFolder { folder in
      let loop = LoopOptions(
        maximumSteps: 40, batchSize: 3, evaluateEvery: 1, patience: 2, restoresBest: true, checkpointEvery: 5)
      let (outcome, recorder, role) = try train(loop, learningRate: 1, folder: folder)
      #expect(outcome.finish == .stoppedEarly && outcome.steps < 40)
      let best = try #require(outcome.bestStep)
      #expect(outcome.steps == best + 2)
      #expect(recorder.checkpoints.map(\.step).contains(best))
      #expect(recorder.reports.map { $0.validation["loss"]! }.min() == outcome.bestLoss)
      let measured = try Evaluator().perplexity(of: role, rows: rows(9..<12))
      #expect(isClose(measured.loss, try #require(outcome.bestLoss), 1e-6))
    }
  }

  @Test func aLostBestCheckpointCostsAWarningOnly() throws {
    try withTemporaryFolder { folder in
      let loop = LoopOptions(maximumSteps: 3, batchSize: 3, evaluateEvery: 1, restoresBest: true)
      let first = try train(loop, learningRate: 1, folder: folder).outcome
      let best = try #require(first.bestStep)
      try #require(best < 3)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("step-00000\(best)"))
      let again = try train(loop, learningRate: 1, folder: folder).outcome
      #expect(again.finish == .completed && again.resumedFrom == 3 && again.validation == first.validation)
    }
  }

  @Test func nothingToTrainIsSaidPlainly() throws {
    let model = try Fixture.model()
    #expect(throws: TrainingError.nothingTrainable(role: "model")) {
      try SupervisedTrainer(role: Role(model), rows: rows(0..<2), options: SupervisedOptions())
    }
    let error = #expect(throws: TrainingError.self) {
      try SupervisedTrainer(
        role: Role(
          model, Adapter(AdapterConfiguration(rank: 2, alpha: 2, targetModules: ["all-linear"]), model: model, seed: 0)),
        rows: [TrainingRow(id: "x", tokens: [1, 2], isTarget: [false, false])], options: SupervisedOptions())
    }
    #expect(error?.description.contains("1 without a target") == true)
    let option = #expect(throws: TrainingError.self) { try train(LoopOptions(batchSize: 0)) }
    #expect(option?.description == "batch_size is 0, but it must be above 0")
  }

  /// They are part of a checkpoint's fingerprint: a run that began before a choice existed must go on after it.
  @Test func settingsLeaveOutWhatIsAsItWasBeforeThereWasAChoice() throws {
    func keys(_ options: LoopOptions) throws -> Set<String> {
      let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(options)) as? [String: Any]
      return Set(try #require(object).keys)
    }
    let plain: Set = [
      "seed", "epochs", "batchSize", "microbatchTokens", "maximumLength", "shuffles", "evaluateEvery", "restoresBest",
    ]
    var options = LoopOptions(matmulPrecision: .highest)
    #expect(try keys(options) == plain)
    options.matmulPrecision = .high
    #expect(try keys(options) == plain.union(["matmulPrecision"]))
    #expect(try JSONDecoder().decode(LoopOptions.self, from: JSONEncoder().encode(options)).matmulPrecision == .high)
  }
}
