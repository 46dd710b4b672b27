import Foundation
import Models
import Synchronization
import Tensors
import Testing
import Training

/// A run that is stopped and started again ends with the same bits.
@Suite struct ResumeTests {
  private let pairs = PreferenceRow.small(count: 7, prompt: [1, 87, 85, 261, 201, 57, 2, 201, 1, 67])

  private func newRole(
    scoreHead: Bool = false, model: LanguageModel? = nil, seed: UInt64 = 1,
    configuration: AdapterConfiguration = AdapterConfiguration(rank: 4, alpha: 8)
  ) throws -> Role {
    let model = try model ?? Fixture.model()
    return Role(model, try Adapter(configuration, model: model, seed: seed, scoreHead: scoreHead))
  }

  private func loop(_ steps: Int = 6) -> LoopOptions {
    LoopOptions(seed: 5, maximumSteps: steps, batchSize: 2, microbatchTokens: 24, checkpointEvery: 2)
  }

  private func bits(_ parameters: [Parameter]) -> [[UInt32]] {
    parameters.map { $0.value.toArray().map(\.bitPattern) }
  }

  /// Trains 6 steps at once; then 3, a new start of everything, and the other 3.
  private func expectSameBits(
    _ start: (TrainingContext) throws -> (train: () throws -> TrainingOutcome, parameters: [Parameter]),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let whole = try start(TrainingContext())
    let before = bits(whole.parameters)
    _ = try whole.train()
    #expect(bits(whole.parameters) != before, sourceLocation: sourceLocation)
    try withTemporaryFolder { folder in
      let recorder = ListRecorder()
      let first = try start(
        TrainingContext(checkpoints: folder, recorder: recorder, isCancelled: { recorder.reports.count >= 2 }))
      let outcome = try first.train()
      #expect(outcome.finish == .cancelled && outcome.steps == 3, sourceLocation: sourceLocation)
      #expect(recorder.checkpoints.map(\.step) == [2, 3], sourceLocation: sourceLocation)
      let threads = Threads.count
      defer { Threads.count = threads }
      Threads.count = 1
      let again = ListRecorder()
      let second = try start(TrainingContext(checkpoints: folder, recorder: again))
      let end = try second.train()
      #expect(end.finish == .completed && end.resumedFrom == 3 && end.steps == 6, sourceLocation: sourceLocation)
      #expect(again.reports.map(\.step) == [4, 5, 6] && again.resumedFrom == 3, sourceLocation: sourceLocation)
      #expect(bits(second.parameters) == bits(whole.parameters), sourceLocation: sourceLocation)
      let third = try start(TrainingContext(checkpoints: folder))
      #expect(try third.train().resumedFrom == 6, sourceLocation: sourceLocation)
      #expect(bits(third.parameters) == bits(whole.parameters), sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: OptimizerOptions.Kind.allCases, OptimizerOptions.State.allCases)
  func supervised(kind: OptimizerOptions.Kind, state: OptimizerOptions.State) throws {
    let rows = pairs.map { TrainingRow(id: $0.id, prompt: $0.prompt, answer: $0.chosen) }
    try expectSameBits { context in
      let role = try newRole()
      let options = SupervisedOptions(
        optimizer: OptimizerOptions(learningRate: 0.01, kind: kind, state: state), loop: loop())
      let trainer = try SupervisedTrainer(role: role, rows: rows, options: options, context: context)
      return (trainer.train, role.trainableParameters)
    }
  }

  @Test(arguments: PromptParityTests.Case.allCases) func virtualTokensAndTokenRows(kind: PromptParityTests.Case) throws
  {
    let rows = pairs.map { TrainingRow(id: $0.id, prompt: $0.prompt, answer: $0.chosen) }
    try expectSameBits { context in
      let model = try kind.model()
      let role = Role(model, try kind.newAdapter(model))
      var loop = loop()
      // A setting that changes memory alone.
      loop.recomputes = context.checkpoints != nil
      let options = SupervisedOptions(optimizer: OptimizerOptions(learningRate: 0.01), loop: loop)
      let trainer = try SupervisedTrainer(role: role, rows: rows, options: options, context: context)
      return (trainer.train, role.trainableParameters)
    }
  }

  /// A frozen base in fewer bits, moments in 8, blocks computed again where the run is stopped.
  @Test(arguments: [WeightFormat.bf16, .int8, .nf4]) func roundedBase(format: WeightFormat) throws {
    let rows = pairs.map { TrainingRow(id: $0.id, prompt: $0.prompt, answer: $0.chosen) }
    let shape = ModelConfiguration(
      hiddenSize: 64, layerCount: 2, headCount: 4, keyValueHeadCount: 2, intermediateSize: 128, vocabularySize: 512,
      maximumPositions: 256)
    try expectSameBits { context in
      let model = try LanguageModel(rounding: RandomWeights(configuration: shape, seed: 4), to: format)
      let role = try newRole(model: model)
      var loop = loop()
      loop.recomputes = context.checkpoints != nil
      let options = SupervisedOptions(
        optimizer: OptimizerOptions(learningRate: 0.01, kind: .adamw8bit), loop: loop)
      let trainer = try SupervisedTrainer(role: role, rows: rows, options: options, context: context)
      return (trainer.train, role.trainableParameters)
    }
  }

  static let family = [
    AdapterConfiguration(rank: 4, alpha: 8, dropout: 0.2, usesMagnitudes: true),
    AdapterConfiguration(rank: 4, alpha: 8, start: .pissa),
    AdapterConfiguration(rank: 4, alpha: 8, dropout: 0.2, usesMagnitudes: true, start: .pissa),
  ]

  @Test(arguments: family) func supervisedWithTheLoRAFamily(configuration: AdapterConfiguration) throws {
    let rows = pairs.map { TrainingRow(id: $0.id, prompt: $0.prompt, answer: $0.chosen) }
    try expectSameBits { context in
      let role = try newRole(configuration: configuration)
      role.adapter?.setLearningRateRatio(4)
      let options = SupervisedOptions(optimizer: OptimizerOptions(learningRate: 0.01), loop: loop())
      let trainer = try SupervisedTrainer(role: role, rows: rows, options: options, context: context)
      return (trainer.train, role.trainableParameters)
    }
  }

  @Test(arguments: family) func rewardWithTheLoRAFamily(configuration: AdapterConfiguration) throws {
    try expectSameBits { context in
      let role = try newRole(scoreHead: true, configuration: configuration)
      let trainer = try RewardTrainer(
        role: role, rows: pairs, options: RewardOptions(optimizer: OptimizerOptions(learningRate: 0.01), loop: loop()),
        context: context)
      return (trainer.train, role.trainableParameters)
    }
  }

  /// `aot` couples the pairs of a step, whose log-probabilities are computed before the gradient, under the same masks.
  @Test(arguments: [PreferenceLossKind.sigmoid, .aot]) func preferenceWithDropout(kind: PreferenceLossKind) throws {
    try expectSameBits { context in
      let role = try newRole(configuration: Self.family[0])
      let options = PreferenceOptions(
        optimizer: OptimizerOptions(learningRate: 0.01), loop: loop(), losses: [WeightedLoss(kind)])
      let trainer = try PreferenceTrainer(
        policy: role, reference: Role(role.model), rows: pairs, options: options, context: context)
      return (trainer.train, role.trainableParameters)
    }
  }

  @Test(arguments: OptimizerOptions.Kind.allCases, [[], ["model.layers.0.*", "*.mlp.*"]])
  func pretrainingOfAWholeModel(kind: OptimizerOptions.Kind, frozen: [String]) throws {
    let rows = pairs.map { TrainingRow(id: $0.id, document: $0.prompt + $0.rejected) }
    try expectSameBits { context in
      let model = try Fixture.model()
      try model.train(freezing: frozen)
      var loop = loop()
      loop.maximumLength = 16
      let options = SupervisedOptions(
        optimizer: OptimizerOptions(learningRate: 0.001, weightDecay: 0.1, kind: kind), loop: loop, packing: .windows,
        endOfText: 0)
      let trainer = try SupervisedTrainer(role: Role(model), rows: rows, options: options, context: context)
      return (trainer.train, model.parameters)
    }
  }

  @Test func reward() throws {
    try expectSameBits { context in
      let role = try newRole(scoreHead: true)
      let trainer = try RewardTrainer(
        role: role, rows: pairs, options: RewardOptions(optimizer: OptimizerOptions(learningRate: 0.01), loop: loop()),
        context: context)
      return (trainer.train, role.trainableParameters)
    }
  }

  @Test(arguments: [PreferenceLossKind.sigmoid, .aot]) func preference(kind: PreferenceLossKind) throws {
    try expectSameBits { context in
      let role = try newRole()
      let options = PreferenceOptions(
        optimizer: OptimizerOptions(learningRate: 0.01), loop: loop(), losses: [WeightedLoss(kind)], lengthAlpha: 0.5)
      let trainer = try PreferenceTrainer(
        policy: role, reference: Role(role.model), rows: pairs, options: options, context: context)
      return (trainer.train, role.trainableParameters)
    }
  }

  @Test(arguments: [false, true]) func policyOptimization(sharingTrunk: Bool) throws {
    try expectSameBits { context in
      let policy = try newRole()
      let value =
        try sharingTrunk ? policy.addingScoreHead() : newRole(scoreHead: true, model: policy.model, seed: 2)
      var options = PolicyOptimizationOptions(
        optimizer: OptimizerOptions(learningRate: 0.01), valueLearningRate: 0.02, loop: loop(),
        sampling: SamplingOptions(maximumNewTokens: 6, temperature: 0.7, stopTokens: [2]), optimizationEpochs: 2,
        minibatches: 2, adaptiveKL: AdaptiveKLOptions(target: 0.1, horizon: 10), missingEndPenalty: 1)
      options.samplesPerPrompt = 2
      let trainer = try PolicyOptimizationTrainer(
        policy: policy, reference: Role(policy.model), value: value,
        reward: .function { _, answer in Double(answer.count { $0 < 100 }) / 6 },
        prompts: pairs.map { PromptRow(id: $0.id, tokens: $0.prompt) }, options: options, context: context)
      return (trainer.train, policy.trainableParameters + value.trainableParameters)
    }
  }

  /// Refuses to write a step down, as a full disk would; for the trainer's files that is like a kill.
  private final class FailingRecorder: TrainingRecorder {
    struct Failure: Error {}
    func began(_ data: DataReport, resumedFrom step: Int?) {}
    func record(_ report: StepReport, checkpoint: CheckpointRecord?, rollouts: [RolloutReport]) throws {
      if report.step == 5 { throw Failure() }
    }
  }

  @Test func aKilledRunGoesBackToItsCheckpoint() throws {
    func trainer(_ context: TrainingContext) throws -> (RewardTrainer, Role) {
      let role = try newRole(scoreHead: true)
      let options = RewardOptions(optimizer: OptimizerOptions(learningRate: 0.01), loop: loop())
      return (try RewardTrainer(role: role, rows: pairs, options: options, context: context), role)
    }
    let (whole, expected) = try trainer(TrainingContext())
    _ = try whole.train()
    try withTemporaryFolder { folder in
      let (killed, _) = try trainer(TrainingContext(checkpoints: folder, recorder: FailingRecorder()))
      #expect(throws: FailingRecorder.Failure.self) { try killed.train() }
      let (second, role) = try trainer(TrainingContext(checkpoints: folder))
      #expect(try second.train().resumedFrom == 4)
      #expect(bits(role.trainableParameters) == bits(expected.trainableParameters))
    }
  }

  @Test func otherOptionsDoNotContinueACheckpoint() throws {
    try withTemporaryFolder { folder in
      func trainer(learningRate: Double) throws -> RewardTrainer {
        try RewardTrainer(
          role: newRole(scoreHead: true), rows: pairs,
          options: RewardOptions(optimizer: OptimizerOptions(learningRate: learningRate), loop: loop(2)),
          context: TrainingContext(checkpoints: folder))
      }
      _ = try trainer(learningRate: 0.01).train()
      let error = #expect(throws: TrainingError.self) { try trainer(learningRate: 0.02).train() }
      #expect(error?.description.contains("another recipe") == true)
    }
  }
}
