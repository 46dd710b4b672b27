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
  private let validation: [Example]
  private let optimizer: AdamW
  private let loop: TrainingLoop
  private let workspace = Workspace()
  private let flops: FlopCounter

  public let data: DataReport

  /// - Throws: `TrainingError` for options or rows that cannot be trained on, or a role with nothing to train.
  public init(
    role: Role, rows: [TrainingRow], validation: [TrainingRow] = [], options: SupervisedOptions,
    context: TrainingContext = TrainingContext()
  ) throws {
    try options.optimizer.check()
    try options.loop.check()
    let parameters = try role.requireTrainable("model")
    let limits = RowLimits(role, maximumLength: options.loop.maximumLength)
    switch options.packing {
    case .rows:
      let prepared = try limits.prepare(rows)
      data = try prepared.report.requireRows("no row is left")
      source = RowExamples(rows: prepared.rows, loop: options.loop)
      self.validation = try limits.prepare(validation).rows.map { Example($0) }
    case .windows:
      guard let endOfText = options.endOfText else {
        throw TrainingError.invalidOption(name: "end_of_text", value: "missing", expected: "a token, to pack documents")
      }
      let prepared = try limits.prepareDocuments(rows)
      data = try prepared.report.requireRows("no document is left")
      source = DocumentWindows(
        documents: prepared.rows, endOfText: endOfText, length: limits.maximumLength, loop: options.loop)
      self.validation = try DocumentWindows(
        documents: limits.prepareDocuments(validation).rows, endOfText: endOfText, length: limits.maximumLength,
        loop: LoopOptions(shuffles: false)
      ).all
    }
    self.role = role
    self.options = options
    optimizer = AdamW(groups: [ParameterGroup(name: "model", parameters: parameters)], options: options.optimizer)
    loop = try TrainingLoop(
      kind: "supervised", options: options.loop, settings: options, optimizer: optimizer, context: context, data: data,
      stepsPerEpoch: source.stepsPerEpoch)
    flops = FlopCounter(configuration: role.model.configuration)
  }

  public var totalSteps: Int { loop.totalSteps }

  /// Trains to the end from the last checkpoint, or until cancelled.
  public func train() throws -> TrainingOutcome { try loop.run(self) }
}

extension SupervisedTrainer: TrainingProcedure {
  func step(_ step: Int, learningRate: Double) throws -> StepResult {
    let examples = source.examples(step: step)
    let targets = examples.reduce(0) { $0 + $1.targetCount }
    optimizer.zeroGradients()
    let pass = crossEntropy(examples, averagedOver: targets, recording: true)
    try requireFinite(pass.loss)
    let norms = try optimizer.update(learningRates: [learningRate])
    return StepResult(
      loss: pass.loss, gradientNorm: norms[0], targetTokens: targets,
      totalTokens: examples.reduce(0) { $0 + $1.tokenCount }, floatingPointOperations: pass.operations,
      rows: examples.flatMap(\.ids))
  }

  func validate() throws -> [String: Double] {
    guard !validation.isEmpty else { return [:] }
    let targets = validation.reduce(0) { $0 + $1.targetCount }
    let loss = crossEntropy(validation, averagedOver: targets, recording: false).loss
    return ["loss": loss, "perplexity": exp(loss), "target_tokens": Double(targets)]
  }

  private func crossEntropy(
    _ examples: [Example], averagedOver total: Int, recording: Bool
  ) -> (loss: Double, operations: Double) {
    let weight = Float(LossAveraging.perToken(targets: total))
    var (loss, operations) = (0.0, 0.0)
    for range in TokenBudget.ranges(costs: examples.map(\.cost), budget: options.loop.microbatchTokens) {
      let (batch, targets) = Example.stream(examples[range])
      let tape = Tape(recording: recording, workspace: workspace)
      let states = role.hiddenStates(batch, tape: tape)
      loss += Double(states.crossEntropy(targets, weights: [Float](repeating: weight, count: targets.count)))
      tape.backward()
      tape.finish()
      operations += flops.operations(batch, headRows: targets.count, pass: recording ? role.trainingPass : .forward)
    }
    return (loss, operations)
  }
}
