import Models
import Tensors

/// Trains a policy on preferences directly, held to a frozen reference.
///
/// Chosen and rejected answers share their prompt's rows. The reference's log-probabilities are computed once, before
/// the first step. The loss is the mean over pairs.
public final class PreferenceTrainer {
  private let policy: Role
  private let options: PreferenceOptions
  private let rows: [PreferenceRow]
  private let validation: [PreferenceRow]
  private let order: EpochOrder
  private let optimizer: AdamW
  private let loop: TrainingLoop
  private let context: TrainingContext
  private let workspace: Workspace
  private let referencePass: ReferencePass
  private let flops: FlopCounter
  private var rowReferences: [AnswerLogProbabilities] = []
  private var validationReferences: [AnswerLogProbabilities] = []

  public let data: DataReport

  /// - Throws: `TrainingError` for options or rows that cannot be trained on, a policy with nothing to train, or a
  ///   reference that would change with it.
  public init(
    policy: Role, reference: Role, rows: [PreferenceRow], validation: [PreferenceRow] = [],
    options: PreferenceOptions, cache: (any ReferenceCache)? = nil, context: TrainingContext = TrainingContext()
  ) throws {
    try options.check()
    let parameters = try policy.requireTrainable("policy")
    try policy.requireIndependent("policy", of: reference, "reference")
    let limits = RowLimits(policy, maximumLength: options.loop.maximumLength)
    let prepared = try limits.prepare(rows)
    data = try prepared.report.requireRows("no pair is left")
    self.rows = prepared.rows
    self.validation = try limits.prepare(validation).rows
    self.policy = policy
    self.options = options
    self.context = context
    workspace = Workspace(precision: options.loop.matmulPrecision)
    referencePass = ReferencePass(
      reference: reference, workspace: workspace, microbatchTokens: options.loop.microbatchTokens, cache: cache)
    order = EpochOrder(
      count: prepared.rows.count, batchSize: options.loop.batchSize, seed: options.loop.seed,
      shuffles: options.loop.shuffles)
    optimizer = try AdamW(
      groups: [ParameterGroup(name: "policy", parameters: parameters)], options: options.optimizer,
      folder: context.checkpoints)
    loop = try TrainingLoop(
      kind: "preference", options: options.loop, settings: options, optimizer: optimizer, context: context, data: data,
      stepsPerEpoch: order.stepsPerEpoch,
      memory: MemoryEstimate(
        trained: [
          (
            policy,
            order.largestMicrobatch(of: prepared.rows, budget: options.loop.microbatchTokens) {
              $0.chosen.count + $0.rejected.count
            }, .logProbabilities
          )
        ], others: [reference], optimizer: options.optimizer, loop: options.loop))
    flops = FlopCounter(configuration: policy.model.configuration)
  }

  public var totalSteps: Int { loop.totalSteps }

  /// Trains to the end from the last checkpoint, or until cancelled.
  public func train() throws -> TrainingOutcome {
    guard let rowReferences = try referencePass.values(rows, isCancelled: context.isCancelled),
      let validationReferences = try referencePass.values(validation, isCancelled: context.isCancelled)
    else { return loop.cancelledBeforeStart }
    self.rowReferences = rowReferences
    self.validationReferences = validationReferences
    return try loop.run(self)
  }
}

extension PreferenceTrainer: TrainingProcedure {
  func step(_ step: Int, learningRate: Double) throws -> StepResult {
    let items = order.items(step: step)
    let pairs = items.map { rows[$0] }
    let references = items.map { rowReferences[$0] }
    optimizer.zeroGradients()
    let pass = try train(pairs, references, step: step)
    let norms = try optimizer.update(learningRates: [learningRate])
    return StepResult(
      loss: pass.summary.loss, gradientNorm: norms[0],
      targetTokens: pairs.reduce(0) { $0 + $1.chosen.count + $1.rejected.count },
      totalTokens: pairs.reduce(0) { $0 + $1.tokenCount }, floatingPointOperations: pass.operations,
      metrics: pass.summary.metrics, rows: pairs.map(\.id))
  }

  func validate() throws -> [String: Double] {
    guard !validation.isEmpty else { return [:] }
    let sums = sums(validation, validationReferences)
    let summary = PreferenceSummary(sums, loss: options.loss(sums).values, beta: options.beta)
    return summary.metrics.merging(["loss": summary.loss]) { $1 }
  }

  private func ranges(_ pairs: [PreferenceRow]) -> [Range<Int>] {
    TokenBudget.ranges(costs: pairs.map(\.cost), budget: options.loop.microbatchTokens)
  }

  /// Accumulates the gradient of a step.
  ///
  /// Where a pair's loss depends on the other pairs and these do not fit at once, all log-probabilities are computed
  /// first, without the tape.
  private func train(
    _ pairs: [PreferenceRow], _ references: [AnswerLogProbabilities], step: Int
  ) throws -> (summary: PreferenceSummary, operations: Double) {
    let loss = options.loss
    let ranges = ranges(pairs)
    let tokensPerPair = Double(pairs.reduce(0) { $0 + $1.chosen.count }) / Double(pairs.count)
    var whole: PreferenceLoss.Result?
    if loss.couplesPairs && ranges.count > 1 { whole = loss(self.sums(pairs, references, trainingStep: step)) }
    let weight = LossAveraging.perPair(pairs: pairs.count)
    var (sums, values, operations): ([PairLogProbabilities], [Double], Double) = ([], [], 0)
    var firstRow = 0
    for range in ranges {
      let part = pairs[range]
      let stream = AnswerStream(part, keepsLastTokens: false)
      let targets = stream.answers.flatMap(\.targets)
      let tape = Tape(
        recording: true, recomputesBlocks: options.loop.recomputes, workspace: workspace,
        dropout: options.loop.dropout(step: step, firstRow: firstRow))
      firstRow += stream.batch.count
      let states = policy.hiddenStates(stream.batch, reading: stream.readRows, tape: tape)
      let output = states.logProbabilities(targets)
      let split = AnswerLogProbabilities.split(output.values, part)
      let partSums = pairSums(part, split, references[range])
      let result = whole?.part(range) ?? loss(partSums, chosenTokensPerPair: tokensPerPair)
      try requireFinite(result.values.reduce(0, +))
      output.setGradient(tokenGradients(part, result, weight: weight))
      tape.backward()
      tape.finish()
      sums += partSums
      values += result.values
      operations += flops.operations(states, stream.batch, headRows: targets.count, pass: policy.trainingPass)
    }
    return (PreferenceSummary(sums, loss: values, beta: options.beta), operations)
  }

  /// Summed log-probabilities without gradients.
  /// - Parameter trainingStep: the step whose dropout they are computed under; nil for none.
  private func sums(
    _ pairs: [PreferenceRow], _ references: [AnswerLogProbabilities], trainingStep: Int? = nil
  ) -> [PairLogProbabilities] {
    var firstRow = 0
    return ranges(pairs).flatMap { range in
      let stream = AnswerStream(pairs[range], keepsLastTokens: false)
      let tape = Tape(
        recording: false, workspace: workspace,
        dropout: trainingStep.map { options.loop.dropout(step: $0, firstRow: firstRow) })
      firstRow += stream.batch.count
      defer { tape.finish() }
      let states = policy.hiddenStates(stream.batch, reading: stream.readRows, tape: tape)
      let output = states.logProbabilities(stream.answers.flatMap(\.targets))
      return pairSums(pairs[range], AnswerLogProbabilities.split(output.values, pairs[range]), references[range])
    }
  }

  private func pairSums(
    _ pairs: ArraySlice<PreferenceRow>, _ policy: [AnswerLogProbabilities],
    _ reference: ArraySlice<AnswerLogProbabilities>
  ) -> [PairLogProbabilities] {
    zip(pairs, zip(policy, reference)).map { pair, values in
      let (policy, reference) = values
      let weights = AnswerLogProbabilities.weights(pair, lengthAlpha: options.lengthAlpha)
      return PairLogProbabilities(
        policyChosen: AnswerLogProbabilities.sum(policy.chosen, weights.chosen),
        policyRejected: AnswerLogProbabilities.sum(policy.rejected, weights.rejected),
        referenceChosen: AnswerLogProbabilities.sum(reference.chosen, weights.chosen),
        referenceRejected: AnswerLogProbabilities.sum(reference.rejected, weights.rejected),
        chosenLength: pair.chosen.count, rejectedLength: pair.rejected.count)
    }
  }

  /// An answer's tokens share the gradient of its sum.
  private func tokenGradients(
    _ pairs: ArraySlice<PreferenceRow>, _ result: PreferenceLoss.Result, weight: Double
  ) -> [Float] {
    pairs.enumerated().flatMap { index, pair in
      let weights = AnswerLogProbabilities.weights(pair, lengthAlpha: options.lengthAlpha)
      return weights.chosen.map { Float(weight * result.chosenGradients[index] * $0) }
        + weights.rejected.map { Float(weight * result.rejectedGradients[index] * $0) }
    }
  }
}
