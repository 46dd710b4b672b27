import Models
import Tensors

/// Trains a role's score head, and what else of it is trainable, to score the preferred answer higher.
///
/// A pair shares its prompt; the score is read at the last token of each answer. The loss is the mean over pairs.
public final class RewardTrainer {
  private let role: Role
  private let options: RewardOptions
  private let rows: [PreferenceRow]
  private let validation: [PreferenceRow]
  private let order: EpochOrder
  private let optimizer: AdamW
  private let loop: TrainingLoop
  private let workspace: Workspace
  private let flops: FlopCounter

  public let data: DataReport

  /// - Throws: `TrainingError` for options or rows that cannot be trained on, or a role without a score head.
  public init(
    role: Role, rows: [PreferenceRow], validation: [PreferenceRow] = [], options: RewardOptions,
    context: TrainingContext = TrainingContext()
  ) throws {
    try options.optimizer.check()
    try options.loop.check()
    try TrainingError.require(options.centering >= 0, "centering", options.centering, "0 or more")
    try role.requireScoreHead("reward model")
    let parameters = try role.requireTrainable("reward model")
    let limits = RowLimits(role, maximumLength: options.loop.maximumLength)
    let prepared = try limits.prepare(rows)
    data = try prepared.report.requireRows("no pair is left")
    self.rows = prepared.rows
    self.validation = try limits.prepare(validation).rows
    self.role = role
    self.options = options
    workspace = Workspace(precision: options.loop.matmulPrecision)
    order = EpochOrder(
      count: prepared.rows.count, batchSize: options.loop.batchSize, seed: options.loop.seed,
      shuffles: options.loop.shuffles)
    optimizer = try AdamW(
      groups: [ParameterGroup(name: "reward", parameters: parameters)], options: options.optimizer,
      folder: context.checkpoints)
    loop = try TrainingLoop(
      kind: "reward", options: options.loop, settings: options, optimizer: optimizer, context: context, data: data,
      stepsPerEpoch: order.stepsPerEpoch,
      memory: MemoryEstimate(
        trained: [
          (
            role, order.largestMicrobatch(of: prepared.rows, budget: options.loop.microbatchTokens) { _ in 2 }, .scores
          )
        ], optimizer: options.optimizer, loop: options.loop))
    flops = FlopCounter(configuration: role.model.configuration)
  }

  public var totalSteps: Int { loop.totalSteps }

  /// Trains to the end from the last checkpoint, or until cancelled.
  public func train() throws -> TrainingOutcome { try loop.run(self) }
}

extension RewardTrainer: TrainingProcedure {
  func step(_ step: Int, learningRate: Double) throws -> StepResult {
    let pairs = order.items(step: step).map { rows[$0] }
    optimizer.zeroGradients()
    let pass = score(pairs, trainingStep: step)
    try requireFinite(pass.summary.loss)
    let norms = try optimizer.update(learningRates: [learningRate])
    return StepResult(
      loss: pass.summary.loss, gradientNorm: norms[0], targetTokens: 2 * pairs.count,
      totalTokens: pairs.reduce(0) { $0 + $1.tokenCount }, floatingPointOperations: pass.operations,
      metrics: pass.summary.metrics, rows: pairs.map(\.id))
  }

  func validate() throws -> [String: Double] {
    guard !validation.isEmpty else { return [:] }
    let summary = score(validation).summary
    return summary.metrics.merging(["loss": summary.loss]) { $1 }
  }

  /// - Parameter trainingStep: the step whose gradient is accumulated; nil for passes that only measure.
  private func score(
    _ pairs: [PreferenceRow], trainingStep: Int? = nil
  ) -> (summary: PairSummary, operations: Double) {
    let recording = trainingStep != nil
    let loss = RewardLoss(centering: options.centering)
    let weight = LossAveraging.perPair(pairs: pairs.count)
    var summary = PairSummary(pairs: pairs.count)
    var operations = 0.0
    var firstRow = 0
    for range in TokenBudget.ranges(costs: pairs.map(\.cost), budget: options.loop.microbatchTokens) {
      let stream = AnswerStream(pairs[range], keepsLastTokens: true)
      let tape = Tape(
        recording: recording, recomputesBlocks: options.loop.recomputes, workspace: workspace,
        dropout: trainingStep.map { options.loop.dropout(step: $0, firstRow: firstRow) })
      firstRow += stream.batch.count
      let states = role.hiddenStates(stream.batch, reading: stream.lastRows, tape: tape)
      let scores = states.scores(rows: stream.lastRows)
      var gradient: [Float] = []
      for (index, pair) in pairs[range].enumerated() {
        let (chosen, rejected) = (Double(scores.values[2 * index]), Double(scores.values[2 * index + 1]))
        let result = loss(chosen: chosen, rejected: rejected, margin: pair.margin)
        summary.add(loss: result.value, chosen: chosen, rejected: rejected)
        gradient += [Float(weight * result.chosenGradient), Float(weight * result.rejectedGradient)]
      }
      if recording { scores.setGradient(gradient) }
      tape.backward()
      tape.finish()
      operations += flops.operations(states, stream.batch, headRows: 0, pass: recording ? role.trainingPass : .forward)
    }
    return (summary, operations)
  }
}
