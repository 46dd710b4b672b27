import Foundation
import Models
import Tensors
import Testing
import Training

/// The same steps from the same files as TRL's trainers.
@Suite struct ParityTests {
  @Test func supervisedStepsFollowTRL() throws {
    let expected = try Fixture.decode(SupervisedSteps.self, "sft.json")
    let role = try Fixture.role(adapter: "adapter")
    let recorder = ListRecorder()
    let trainer = try SupervisedTrainer(
      role: role, rows: expected.trainingRows,
      options: SupervisedOptions(optimizer: expected.settings.optimizer, loop: expected.settings.loop),
      context: TrainingContext(recorder: recorder))
    #expect(try trainer.train().finish == .completed)
    #expect(recorder.reports.count == 20)
    expectClose(recorder.reports.map(\.loss), expected.loss, 1e-5)
    expectClose(recorder.reports.map(\.gradientNorm), expected.gradNorm, 1e-4)
    let final = try SafetensorsFile(Fixture.url("sft-final.safetensors"))
    for parameter in try #require(role.adapter).parameters {
      let wanted = try final.tensor(parameter.name, shape: parameter.value.shape)
      expectClose(
        parameter.value.toArray().map(Double.init), wanted.toArray().map(Double.init), 2e-3, "\(parameter.name)")
    }
  }

  /// Over integer products the losses stay within 1% of f32's.
  @Test(arguments: [(MatmulPrecision.high, 1e-3, 1e-2), (.medium, 1e-2, 0.15)])
  func supervisedStepsInIntegersFollowTRL(_ precision: MatmulPrecision, loss: Double, gradient: Double) throws {
    let expected = try Fixture.decode(SupervisedSteps.self, "sft.json")
    var loop = expected.settings.loop
    loop.matmulPrecision = precision
    let recorder = ListRecorder()
    let trainer = try SupervisedTrainer(
      role: try Fixture.role(adapter: "adapter"), rows: expected.trainingRows,
      options: SupervisedOptions(optimizer: expected.settings.optimizer, loop: loop),
      context: TrainingContext(recorder: recorder))
    #expect(try trainer.train().finish == .completed)
    expectClose(recorder.reports.map(\.loss), expected.loss, loss)
    expectClose(recorder.reports.map(\.gradientNorm), expected.gradNorm, gradient)
  }

  private struct Preference: Decodable {
    struct Row: Decodable {
      var promptIds: [Int32]
      var chosenIds: [Int32]
      var rejectedIds: [Int32]
    }
    var settings: FixtureSettings
    var rows: [Row]
    var loss: [Double]
    var margins: [Double]
    var accuracies: [Double]
    var rewardsChosen: [Double]
    var rewardsRejected: [Double]
    var logpsChosen: [Double]
    var logpsRejected: [Double]
    var gradNorm: [Double]
  }

  @Test func preferenceStepsFollowTRL() throws {
    let expected = try Fixture.decode(Preference.self, "dpo.json")
    let rows = expected.rows.enumerated().map { index, row in
      PreferenceRow(id: "\(index)", prompt: row.promptIds, chosen: row.chosenIds, rejected: row.rejectedIds)
    }
    let policy = try Fixture.role(adapter: "dpo-start")
    let recorder = ListRecorder()
    let trainer = try PreferenceTrainer(
      policy: policy, reference: Role(policy.model), rows: rows,
      options: PreferenceOptions(
        optimizer: expected.settings.optimizer, loop: expected.settings.loop,
        beta: try #require(expected.settings.beta)),
      context: TrainingContext(recorder: recorder))
    _ = try trainer.train()
    func curve(_ name: String) -> [Double] { recorder.reports.map { $0.metrics[name] ?? .nan } }
    expectClose(recorder.reports.map(\.loss), expected.loss, 1e-5, "loss")
    expectClose(recorder.reports.map(\.gradientNorm), expected.gradNorm, 1e-4, "gradient norm")
    expectClose(curve("rewards/margins"), expected.margins, 1e-4, "margins")
    expectClose(curve("rewards/accuracies"), expected.accuracies, 1e-6, "accuracies")
    expectClose(curve("rewards/chosen"), expected.rewardsChosen, 1e-4, "chosen")
    expectClose(curve("rewards/rejected"), expected.rewardsRejected, 1e-4, "rejected")
    expectClose(curve("logps/chosen"), expected.logpsChosen, 1e-5, "chosen")
    expectClose(curve("logps/rejected"), expected.logpsRejected, 1e-5, "rejected")
  }

  private struct Reward: Decodable {
    struct Row: Decodable {
      var chosenIds: [Int32]
      var rejectedIds: [Int32]

      /// What both share is the prompt.
      func preference(id: String) -> PreferenceRow {
        let shared = zip(chosenIds, rejectedIds).prefix { $0 == $1 }.count
        return PreferenceRow(
          id: id, prompt: Array(chosenIds[..<shared]), chosen: Array(chosenIds[shared...]),
          rejected: Array(rejectedIds[shared...]))
      }
    }
    var settings: FixtureSettings
    var rows: [Row]
    var loss: [Double]
    var margin: [Double]
    var accuracy: [Double]
    var gradNorm: [Double]
  }

  @Test func rewardStepsFollowTRL() throws {
    let expected = try Fixture.decode(Reward.self, "reward.json")
    let recorder = ListRecorder()
    let trainer = try RewardTrainer(
      role: Fixture.role(adapter: "reward-start"),
      rows: expected.rows.enumerated().map { $0.element.preference(id: "\($0.offset)") },
      options: RewardOptions(
        optimizer: expected.settings.optimizer, loop: expected.settings.loop, centering: 0),
      context: TrainingContext(recorder: recorder))
    _ = try trainer.train()
    expectClose(recorder.reports.map(\.loss), expected.loss, 1e-5, "loss")
    expectClose(recorder.reports.map(\.gradientNorm), expected.gradNorm, 1e-4, "gradient norm")
    expectClose(recorder.reports.map { $0.metrics["rewards/margins"]! }, expected.margin, 1e-4, "margin")
    expectClose(recorder.reports.map { $0.metrics["rewards/accuracies"]! }, expected.accuracy, 1e-6, "accuracy")
  }
}
