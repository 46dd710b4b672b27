import Models
import Tensors

/// Gradients of PPO's two losses over a minibatch of rollouts.
struct MinibatchUpdate {
  let policy: Role
  let value: Role
  let options: PolicyOptimizationOptions
  let workspace: Workspace
  let flops: FlopCounter

  /// Accumulates gradients in both roles' parameters, in one pass where they share a trunk.
  func accumulate(_ rollouts: [Rollout], _ prompts: [PromptRow]) -> MinibatchPass {
    var pass = MinibatchPass()
    let tokens = rollouts.reduce(0) { $0 + $1.answer.count }
    let values = rollouts.reduce(0) { $0 + $1.valueCount }
    let isShared = value.sharesTrunk(with: policy)
    for range in RolloutCollector.groups(rollouts, prompts, budget: options.loop.microbatchTokens) {
      let part = rollouts[range]
      if isShared {
        train(value, part, prompts, keepsLastTokens: true, headRows: part.reduce(0) { $0 + $1.answer.count }, &pass) {
          attachPolicyLoss($0, $1, part, tokens: tokens, into: &$2)
          attachValueLoss($0, $1, part, values: values, into: &$2)
        }
        continue
      }
      train(policy, part, prompts, keepsLastTokens: false, headRows: part.reduce(0) { $0 + $1.answer.count }, &pass) {
        attachPolicyLoss($0, $1, part, tokens: tokens, into: &$2)
      }
      train(value, part, prompts, keepsLastTokens: true, headRows: 0, &pass) {
        attachValueLoss($0, $1, part, values: values, into: &$2)
      }
    }
    return pass
  }

  /// A pass of one role forward, through the losses that `attach` sets, and back.
  private func train(
    _ role: Role, _ rollouts: ArraySlice<Rollout>, _ prompts: [PromptRow], keepsLastTokens: Bool, headRows: Int,
    _ pass: inout MinibatchPass, attach: (HiddenStates, AnswerStream, inout MinibatchPass) -> Void
  ) {
    let stream = RolloutCollector.stream(rollouts, prompts, keepsLastTokens: keepsLastTokens)
    let tape = Tape(recording: true, recomputesBlocks: options.loop.recomputes, workspace: workspace)
    let states = role.hiddenStates(stream.batch, reading: stream.readRows, tape: tape)
    attach(states, stream, &pass)
    tape.backward()
    tape.finish()
    pass.operations += flops.operations(states, stream.batch, headRows: headRows, pass: role.trainingPass)
  }

  private func attachPolicyLoss(
    _ states: HiddenStates, _ stream: AnswerStream, _ rollouts: ArraySlice<Rollout>, tokens: Int,
    into pass: inout MinibatchPass
  ) {
    let output = states.logProbabilities(
      stream.answers.flatMap(\.targets), temperature: options.sampling.temperature, entropies: true)
    let weight = LossAveraging.perToken(targets: tokens)
    let result = PolicyLoss(clip: options.clip, dualClip: options.dualClip)(
      new: output.values.map(Double.init), old: rollouts.flatMap(\.logProbabilities),
      advantages: rollouts.flatMap(\.advantages), weight: weight)
    output.setGradient(result.gradient.map { Float($0) })
    pass.policyLoss += result.loss
    pass.clipFraction += weight * Double(result.clipped)
    pass.meanRatio += weight * result.ratioSum
    pass.divergence += weight * result.divergenceSum
    pass.entropy += weight * output.entropies.reduce(0) { $0 + Double($1) }
  }

  private func attachValueLoss(
    _ states: HiddenStates, _ stream: AnswerStream, _ rollouts: ArraySlice<Rollout>, values: Int,
    into pass: inout MinibatchPass
  ) {
    let output = states.scores(rows: zip(stream.answers, rollouts).flatMap { ValueRows.rows($0, $1) })
    let weight = LossAveraging.perToken(targets: values)
    let result = ValueLoss(clip: options.valueClip)(
      new: output.values.map(Double.init), old: rollouts.flatMap(\.values), returns: rollouts.flatMap(\.returns),
      weight: weight)
    output.setGradient(result.gradient.map { Float(options.valueCoefficient * $0) })
    pass.valueLoss += result.loss
    pass.valueClipFraction += weight * Double(result.clipped)
  }
}
