import Models
import Tensors

/// Gradients of PPO's two losses over a minibatch of rollouts.
struct MinibatchUpdate {
  let policy: Role
  let value: Role
  let options: PolicyOptimizationOptions
  let workspace: Workspace
  let flops: FlopCounter

  /// Accumulates gradients in both roles' parameters.
  func accumulate(_ rollouts: [Rollout], _ prompts: [PromptRow]) -> MinibatchPass {
    var pass = MinibatchPass()
    let tokens = rollouts.reduce(0) { $0 + $1.answer.count }
    let values = rollouts.reduce(0) { $0 + $1.valueCount }
    for range in RolloutCollector.groups(rollouts, prompts, budget: options.loop.microbatchTokens) {
      trainPolicy(rollouts[range], prompts, tokens: tokens, into: &pass)
      trainValue(rollouts[range], prompts, values: values, into: &pass)
    }
    return pass
  }

  private func trainPolicy(
    _ rollouts: ArraySlice<Rollout>, _ prompts: [PromptRow], tokens: Int, into pass: inout MinibatchPass
  ) {
    let stream = RolloutCollector.stream(rollouts, prompts, keepsLastTokens: false)
    let targets = stream.answers.flatMap(\.targets)
    let tape = Tape(recording: true, recomputesBlocks: options.loop.recomputes, workspace: workspace)
    let output = policy.hiddenStates(stream.batch, tape: tape)
      .logProbabilities(targets, temperature: options.sampling.temperature, entropies: true)
    let weight = LossAveraging.perToken(targets: tokens)
    let result = PolicyLoss(clip: options.clip, dualClip: options.dualClip)(
      new: output.values.map(Double.init), old: rollouts.flatMap(\.logProbabilities),
      advantages: rollouts.flatMap(\.advantages), weight: weight)
    output.setGradient(result.gradient.map { Float($0) })
    tape.backward()
    tape.finish()
    pass.policyLoss += result.loss
    pass.clipFraction += weight * Double(result.clipped)
    pass.meanRatio += weight * result.ratioSum
    pass.divergence += weight * result.divergenceSum
    pass.entropy += weight * output.entropies.reduce(0) { $0 + Double($1) }
    pass.operations += flops.operations(stream.batch, headRows: targets.count, pass: policy.trainingPass)
  }

  private func trainValue(
    _ rollouts: ArraySlice<Rollout>, _ prompts: [PromptRow], values: Int, into pass: inout MinibatchPass
  ) {
    let stream = RolloutCollector.stream(rollouts, prompts, keepsLastTokens: true)
    let rows = zip(stream.answers, rollouts).flatMap { ValueRows.rows($0, $1) }
    let tape = Tape(recording: true, recomputesBlocks: options.loop.recomputes, workspace: workspace)
    let output = value.hiddenStates(stream.batch, tape: tape).scores(rows: rows)
    let weight = LossAveraging.perToken(targets: values)
    let result = ValueLoss(clip: options.valueClip)(
      new: output.values.map(Double.init), old: rollouts.flatMap(\.values), returns: rollouts.flatMap(\.returns),
      weight: weight)
    output.setGradient(result.gradient.map { Float(options.valueCoefficient * $0) })
    tape.backward()
    tape.finish()
    pass.valueLoss += result.loss
    pass.valueClipFraction += weight * Double(result.clipped)
    pass.operations += flops.operations(stream.batch, headRows: 0, pass: value.trainingPass)
  }
}
