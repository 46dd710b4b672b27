import Foundation
import Models
import Tensors

/// Pretraining and supervised fine-tuning by cross-entropy, of a whole model or of an adapter.
///
/// The loss is the mean over the target tokens of the step. Weights are changed in place.
public final class SupervisedTrainer {
  private let role: Role
  private let options: SupervisedOptions
  private let source: any ExampleSource
  private let validation: any ExampleSource
  private let optimizer: AdamW
  private let loop: TrainingLoop
  private let workspace: Workspace
  private let flops: FlopCounter

  public let data: DataReport

  /// Trains on rows in memory.
  /// - Throws: `TrainingError` for options or rows that cannot be trained on, or a role with nothing to train.
  public convenience init(
    role: Role, rows: [TrainingRow], validation: [TrainingRow] = [], options: SupervisedOptions,
    context: TrainingContext = TrainingContext()
  ) throws {
    try self.init(role, options, context) { (try $0.prepare(rows), try $0.prepare(validation)) }
  }

  /// Trains on rows that are read once into files beside the checkpoints; memory does not grow with the data.
  ///
  /// The context's fingerprint has to name the rows: a later start with the same one does not ask for them again.
  /// - Throws: as above, `TrainingError.rowsFile`, and whatever the feeds throw.
  public convenience init(
    role: Role, feed: RowFeed, validation: RowFeed, options: SupervisedOptions, folder: URL, context: TrainingContext
  ) throws {
    try self.init(role, options, context) { preparation in
      func prepare(_ feed: RowFeed, _ name: String) throws -> PreparedRows {
        try preparation.prepare(feed, in: folder, name: name, fingerprint: context.fingerprint)
      }
      return (try prepare(feed, "train"), try prepare(validation, "validation"))
    }
  }

  private init(
    _ role: Role, _ options: SupervisedOptions, _ context: TrainingContext,
    _ prepare: (RowPreparation) throws -> (train: PreparedRows, validation: PreparedRows)
  ) throws {
    try options.optimizer.check()
    try options.loop.check()
    let parameters = try role.requireTrainable("model")
    let preparation = try RowPreparation(role, options)
    let (rows, held) = try prepare(preparation)
    data = try rows.report.requireRows("no \(preparation.endOfText == nil ? "row" : "document") is left")
    source = preparation.examples(rows, loop: options.loop)
    self.validation = preparation.examples(held, loop: LoopOptions(batchSize: 1, shuffles: false))
    self.role = role
    self.options = options
    workspace = Workspace(precision: options.loop.matmulPrecision)
    optimizer = try AdamW(
      groups: [ParameterGroup(name: "model", parameters: parameters)], options: options.optimizer,
      folder: context.checkpoints)
    loop = try TrainingLoop(
      kind: "supervised", options: options.loop, settings: options, optimizer: optimizer, context: context, data: data,
      stepsPerEpoch: source.stepsPerEpoch,
      memory: MemoryEstimate(
        trained: [
          (role, source.largestMicrobatch(budget: options.loop.microbatchTokens, report: data), .crossEntropy)
        ], optimizer: options.optimizer, loop: options.loop))
    flops = FlopCounter(configuration: role.model.configuration)
  }

  public var totalSteps: Int { loop.totalSteps }

  /// Trains to the end from the last checkpoint, or until cancelled.
  public func train() throws -> TrainingOutcome { try loop.run(self) }
}

extension SupervisedTrainer: TrainingProcedure {
  func step(_ step: Int, learningRate: Double) throws -> StepResult {
    let examples = try source.examples(step: step)
    let targets = examples.reduce(0) { $0 + $1.targetCount }
    optimizer.zeroGradients()
    var (loss, operations) = (0.0, 0.0)
    var firstRow = 0
    for range in TokenBudget.ranges(costs: examples.map(\.cost), budget: options.loop.microbatchTokens) {
      let pass = crossEntropy(
        examples[range], averagedOver: targets, dropout: options.loop.dropout(step: step, firstRow: firstRow))
      firstRow += pass.rows
      loss += pass.loss
      operations += pass.operations
    }
    try requireFinite(loss)
    let norms = try optimizer.update(learningRates: [learningRate])
    return StepResult(
      loss: loss, gradientNorm: norms[0], targetTokens: targets,
      totalTokens: examples.reduce(0) { $0 + $1.tokenCount }, floatingPointOperations: operations,
      rows: examples.flatMap(\.ids))
  }

  func validate() throws -> [String: Double] {
    let targets = validation.targetCount
    guard targets > 0 else { return [:] }
    var loss = 0.0
    try validation.forEachMicrobatch(tokens: options.loop.microbatchTokens) {
      loss += crossEntropy($0[...], averagedOver: targets).loss
    }
    return ["loss": loss, "perplexity": exp(loss), "target_tokens": Double(targets)]
  }

  /// One pass over examples that are computed at once.
  /// - Parameter dropout: what a training pass draws its masks by; nil for a pass that only measures.
  private func crossEntropy(
    _ examples: ArraySlice<Example>, averagedOver total: Int, dropout: DropoutKey? = nil
  ) -> (loss: Double, operations: Double, rows: Int) {
    let recording = dropout != nil
    let (batch, targets) = Example.stream(examples)
    let weight = Float(LossAveraging.perToken(targets: total))
    let tape = Tape(
      recording: recording, recomputesBlocks: options.loop.recomputes, workspace: workspace, dropout: dropout)
    let states = role.hiddenStates(batch, reading: targets.map(\.row), tape: tape)
    let loss = Double(states.crossEntropy(targets, weights: [Float](repeating: weight, count: targets.count)))
    tape.backward()
    tape.finish()
    return (
      loss, flops.operations(states, batch, headRows: targets.count, pass: recording ? role.trainingPass : .forward),
      batch.count
    )
  }
}
