import Models
import Tensors
import Testing
import Training

@Suite struct PolicyOptimizationTests {
  private let prompts = (0..<8).map { PromptRow(id: "prompt\($0)", tokens: [1, 87, 85, 261, Int32(40 + $0)]) }

  private func roles(sharingTrunk: Bool = false) throws -> (policy: Role, value: Role) {
    let model = try Fixture.model()
    let configuration = AdapterConfiguration(rank: 4, alpha: 8, targetModules: ["all-linear"])
    let policy = Role(model, try Adapter(configuration, model: model, seed: 1))
    if sharingTrunk { return (policy, policy.addingScoreHead()) }
    return (policy, Role(model, try Adapter(configuration, model: model, seed: 2, scoreHead: true)))
  }

  private func options(steps: Int) -> PolicyOptimizationOptions {
    PolicyOptimizationOptions(
      optimizer: OptimizerOptions(learningRate: 0.01, schedule: ScheduleOptions(.constant)),
      loop: LoopOptions(seed: 2, maximumSteps: steps, batchSize: 8), samplesPerPrompt: 16,
      sampling: SamplingOptions(maximumNewTokens: 3, temperature: 1, stopTokens: [2]), optimizationEpochs: 4,
      minibatches: 2, klCoefficient: 0.01)
  }

  /// Trains against a reward of answers, to the end; what was recorded.
  private func train(
    _ roles: (policy: Role, value: Role), _ options: PolicyOptimizationOptions,
    reward: @escaping (_ answer: [Int32]) -> Double
  ) throws -> ListRecorder {
    let recorder = ListRecorder()
    let trainer = try PolicyOptimizationTrainer(
      policy: roles.policy, reference: Role(roles.policy.model), value: roles.value,
      reward: .function { _, answer in reward(answer) }, prompts: prompts, options: options,
      context: TrainingContext(recorder: recorder))
    #expect(try trainer.train().finish == .completed)
    return recorder
  }

  @Test(arguments: [false, true]) func theRewardRises(sharingTrunk: Bool) throws {
    let recorder = try train(roles(sharingTrunk: sharingTrunk), options(steps: 12)) { answer in
      Double(answer.count { $0 < 150 }) / 3
    }
    let rewards = recorder.reports.map { $0.metrics["reward"]! }
    let (early, late) = (rewards.prefix(3).reduce(0, +) / 3, rewards.suffix(3).reduce(0, +) / 3)
    #expect(late > early + 0.06, "\(rewards)")
    let first = recorder.reports[0].metrics
    // Before the first update the policy is the reference and the one that sampled.
    #expect(abs(first["kl"]!) < 1e-3, "\(first)")
    #expect(first["entropy"]! > 1 && first["policy/clip_fraction"]! < 1)
    #expect(recorder.reports.last!.metrics["kl"]! > 0)
    #expect(recorder.rollouts.count == 12 * 128)
    #expect(
      recorder.rollouts.allSatisfy { !$0.response.isEmpty && $0.statistics["length"] == Double($0.response.count) })
  }

  @Test func valuesReadFromThePolicyAreLearntAtHalfTheWork() throws {
    func reports(sharingTrunk: Bool) throws -> [StepReport] {
      let (policy, value) = try roles(sharingTrunk: sharingTrunk)
      var options = options(steps: 8)
      options.valueLearningRate = 0.05
      options.valueClip = 10
      let recorder = try train((policy, value), options) { _ in 2 }
      // The policy's adapter, which is what is saved, has no head.
      #expect(policy.adapter?.scoreHead == nil && value.sharesTrunk(with: policy) == sharingTrunk)
      return recorder.reports
    }
    let (apart, shared) = (try reports(sharingTrunk: false), try reports(sharingTrunk: true))
    #expect(shared.last!.metrics["value/loss"]! < 0.2 * shared[0].metrics["value/loss"]!, "\(shared.map(\.metrics))")
    let share = shared[0].floatingPointOperations / apart[0].floatingPointOperations
    // The output matrix, a large part of this tiny model, was needed once before too.
    #expect(share > 0.5 && share < 0.8, "\(share)")
  }

  /// Both losses on one pass give the sum of what each gives on its own.
  @Test func onePassForBothLossesAddsTheirGradients() throws {
    let (_, value) = try roles(sharingTrunk: true)
    let adapter = try #require(value.adapter)
    adapter.scoreHead!.value.fill(0.1)
    var batch = PackedBatch()
    batch.append([1, 87, 85, 261, 40, 9])
    let targets = [Target(row: 2, token: 40), Target(row: 3, token: 9)]
    let workspace = Workspace()
    func gradients(_ chosen: [(HiddenStates) -> Void]) -> [[Float]] {
      for parameter in adapter.parameters { parameter.zeroGradient() }
      let tape = Tape(workspace: workspace)
      let states = value.hiddenStates(batch, tape: tape)
      for attach in chosen { attach(states) }
      tape.backward()
      tape.finish()
      return adapter.parameters.map { $0.gradient.toArray() }
    }
    let policy: (HiddenStates) -> Void = { $0.logProbabilities(targets).setGradient([1, -0.5]) }
    let values: (HiddenStates) -> Void = { $0.scores(rows: [1, 4]).setGradient([0.7, 2]) }
    let (both, one, other) = (gradients([policy, values]), gradients([policy]), gradients([values]))
    for (index, parameter) in adapter.parameters.enumerated() {
      let sum = zip(one[index], other[index]).map { Double($0 + $1) }
      expectClose(both[index].map(Double.init), sum, 1e-4, "\(parameter.name)")
      // With B = 0 none flows to A.
      #expect(sum.contains { $0 != 0 } != parameter.name.contains("lora_A"), "\(parameter.name)")
    }
  }

  /// With no gradient step between them, sampler and trainer must agree on the policy.
  @Test(arguments: MatmulPrecision.allCases, [false, true])
  func ratiosStartAtOne(_ precision: MatmulPrecision, sharingTrunk: Bool) throws {
    var options = options(steps: 1)
    options.loop.matmulPrecision = precision
    (options.optimizationEpochs, options.minibatches) = (1, 1)
    let metrics = try train(roles(sharingTrunk: sharingTrunk), options) { _ in 1 }.reports[0].metrics
    // The sampler streams weights in f32, so 16-bit products show their rounding; over 8-bit ones its log-probabilities
    // are computed again.
    let (ratio, divergence) = precision == .high ? (1e-3, 1e-6) : (1e-5, 1e-9)
    #expect(abs(metrics["policy/ratio"]! - 1) < ratio, "\(metrics)")
    #expect(metrics["policy/approximate_kl"]! < divergence, "\(metrics)")
    #expect(metrics["policy/clip_fraction"] == 0)
  }

  @Test func answersWithoutAnEndArePenalised() throws {
    var options = options(steps: 1)
    options.missingEndPenalty = 3
    options.rewardClip = 2
    let recorder = try train(roles(), options) { _ in 100 }
    #expect(recorder.rollouts.contains { !$0.endedByStop })
    for rollout in recorder.rollouts { #expect(rollout.reward == (rollout.endedByStop ? 2 : -1)) }
  }

  @Test func aFarPolicyEndsTheStepEarly() throws {
    func operations(targetKL: Double?) throws -> Double {
      var options = options(steps: 1)
      options.optimizer.learningRate = 0.05
      options.targetKL = targetKL
      return try train(roles(), options) { Double($0[0]) }.reports[0].floatingPointOperations
    }
    // 4 passes of 2 minibatches; the second minibatch already sees a policy that has moved.
    let (stopped, free) = (try operations(targetKL: 1e-6), try operations(targetKL: nil))
    #expect(isClose(free / stopped, 4, 0.1), "\(free) against \(stopped)")
  }

  @Test func rolesThatDoNotFitAreRefused() throws {
    let (policy, value) = try roles()
    func make(reference: Role, value: Role, options: PolicyOptimizationOptions) throws {
      _ = try PolicyOptimizationTrainer(
        policy: policy, reference: reference, value: value, reward: .function { _, _ in 0 }, prompts: prompts,
        options: options)
    }
    #expect(throws: TrainingError.missingScoreHead(role: "value role")) {
      try make(reference: Role(policy.model), value: policy, options: options(steps: 1))
    }
    #expect(throws: TrainingError.sharedWeights("policy", "reference")) {
      try make(reference: policy, value: value, options: options(steps: 1))
    }
    let headed = policy.addingScoreHead()
    #expect(throws: TrainingError.sharedWeights("policy", "reference")) {
      try make(reference: headed, value: headed, options: options(steps: 1))
    }
    #expect(throws: TrainingError.sharedWeights("policy", "value role")) {
      _ = try PolicyOptimizationTrainer(
        policy: headed, reference: Role(policy.model), value: headed, reward: .function { _, _ in 0 },
        prompts: prompts, options: options(steps: 1))
    }
    var noStop = options(steps: 1)
    noStop.sampling.stopTokens = []
    let error = #expect(throws: TrainingError.self) {
      try make(reference: Role(policy.model), value: value, options: noStop)
    }
    #expect(error?.description.contains("stop_tokens") == true)
  }
}
