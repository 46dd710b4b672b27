import Models
import Tensors

/// Samples answers and has every other role judge them.
struct RolloutCollector {
  let policy: Role
  let reference: Role
  let value: Role
  let reward: RewardSource
  let options: PolicyOptimizationOptions
  let workspace: Workspace

  /// Whether log-probabilities are computed again after sampling: what 8-bit products round would otherwise count as a
  /// step that the policy had taken.
  private var measuresAgain: Bool { workspace.precision == .medium }

  /// Rollouts of a step, samples of a prompt next to each other.
  func collect(_ prompts: [PromptRow], seed: UInt64) -> [Rollout] {
    var sampling = options.sampling
    sampling.seed = seed
    let generations = Generator(policy, workspace: workspace).generate(
      prompts.map(\.tokens), samplesPerPrompt: options.samplesPerPrompt, options: sampling)
    var rollouts = generations.enumerated().map { index, generation in
      Rollout(
        prompt: index / options.samplesPerPrompt, answer: generation.sampled,
        endedByStop: generation.finish == .stopToken, logProbabilities: generation.logProbabilities.map(Double.init),
        maximumTokens: options.sampling.maximumNewTokens)
    }
    for group in Self.groups(rollouts, prompts, budget: options.loop.microbatchTokens) {
      judge(&rollouts, group, prompts)
    }
    return rollouts
  }

  /// Ranges of rollouts that fit a micro-batch, never parting the samples of a prompt.
  static func groups(_ rollouts: [Rollout], _ prompts: [PromptRow], budget: Int) -> [Range<Int>] {
    var starts = rollouts.indices.filter { $0 == 0 || rollouts[$0].prompt != rollouts[$0 - 1].prompt }
    starts.append(rollouts.count)
    let families = zip(starts, starts.dropFirst()).map { $0..<$1 }
    let costs = families.map { family in
      AnswerStream.cost(
        prompt: prompts[rollouts[family.lowerBound].prompt].tokens, answers: rollouts[family].map(\.answer))
    }
    return TokenBudget.ranges(costs: costs, budget: budget).map {
      families[$0.lowerBound].lowerBound..<families[$0.upperBound - 1].upperBound
    }
  }

  /// A stream of consecutive rollouts, each prompt once.
  static func stream(_ rollouts: ArraySlice<Rollout>, _ prompts: [PromptRow], keepsLastTokens: Bool) -> AnswerStream {
    var stream = AnswerStream()
    var rest = rollouts
    while let first = rest.first {
      let family = rest.prefix { $0.prompt == first.prompt }
      stream.append(
        prompt: prompts[first.prompt].tokens, answers: family.map(\.answer), keepsLastTokens: keepsLastTokens)
      rest = rest.dropFirst(family.count)
    }
    return stream
  }

  private func judge(_ rollouts: inout [Rollout], _ range: Range<Int>, _ prompts: [PromptRow]) {
    let stream = Self.stream(rollouts[range], prompts, keepsLastTokens: true)
    let counts = rollouts[range].map(\.answer.count)
    func logProbabilities(_ states: HiddenStates) -> [[Float]] {
      states.logProbabilities(stream.answers.flatMap(\.targets), temperature: options.sampling.temperature).values
        .split(counts: counts)
    }
    let referenceLogProbabilities = forward(reference, stream, logProbabilities)
    let valueRows = zip(stream.answers, rollouts[range]).map { ValueRows.rows($0, $1) }
    var policyLogProbabilities: [[Float]]?
    let values = forward(value, stream) { states in
      if measuresAgain, value.sharesTrunk(with: policy) { policyLogProbabilities = logProbabilities(states) }
      return states.scores(rows: valueRows.flatMap { $0 }).values.split(counts: valueRows.map(\.count))
    }
    if measuresAgain, policyLogProbabilities == nil {
      policyLogProbabilities = forward(policy, stream, logProbabilities)
    }
    let scores = scores(rollouts[range], prompts, stream)
    for (offset, index) in range.enumerated() {
      if let measured = policyLogProbabilities { rollouts[index].logProbabilities = measured[offset].map(Double.init) }
      rollouts[index].referenceLogProbabilities = referenceLogProbabilities[offset].map(Double.init)
      rollouts[index].values = values[offset].map(Double.init)
      rollouts[index].score = scores[offset]
    }
  }

  private func scores(_ rollouts: ArraySlice<Rollout>, _ prompts: [PromptRow], _ stream: AnswerStream) -> [Double] {
    let raw: [Double] =
      switch reward {
      case .role(let role):
        role.measure(stream.batch, reading: stream.lastRows, workspace: workspace) {
          $0.scores(rows: stream.lastRows).values
        }.map(Double.init)
      case .function(let function):
        rollouts.map { function(prompts[$0.prompt].tokens, $0.answer) }
      }
    return zip(raw, rollouts).map { score, rollout in
      let bounded = options.rewardClip.map { min(max(score, -$0), $0) } ?? score
      return rollout.endedByStop ? bounded : bounded - options.missingEndPenalty
    }
  }

  private func forward<Result>(_ role: Role, _ stream: AnswerStream, _ body: (HiddenStates) -> Result) -> Result {
    role.measure(stream.batch, reading: stream.readRows, workspace: workspace, body)
  }
}

/// Rows of the stream that values are read at.
enum ValueRows {
  /// The rows before each token of the answer, then its last one where the rollout has a value there.
  static func rows(_ answer: AnswerStream.Answer, _ rollout: Rollout) -> [Int] {
    answer.rows + (rollout.hasFinalValue ? [answer.lastRow!] : [])
  }
}
