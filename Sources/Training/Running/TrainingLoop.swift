import Foundation
import Store

/// Runs steps from wherever the last checkpoint stands: evaluation, checkpoints, reports, stopping.
final class TrainingLoop {
  let kind: String
  let options: LoopOptions
  let optimizer: AdamW
  let context: TrainingContext
  let data: DataReport
  let stepsPerEpoch: Int
  private let fingerprint: String
  private let folder: CheckpointFolder?
  private let memory: MemoryEstimate
  private var peak = PeakSince()

  /// Where the run stands.
  private struct Progress {
    var step = 0
    var loss = Double.nan
    var bestStep: Int?
    var bestLoss: Double?
    var evaluationsSinceBest = 0
    var validation: [String: Double] = [:]
    var resumedFrom: Int?
  }

  /// - Parameter settings: the options of this kind of training; with the context's fingerprint they identify the run.
  init(
    kind: String, options: LoopOptions, settings: some Encodable, optimizer: AdamW, context: TrainingContext,
    data: DataReport, stepsPerEpoch: Int, memory: MemoryEstimate
  ) throws {
    self.kind = kind
    self.options = options
    self.optimizer = optimizer
    self.context = context
    self.data = data
    self.stepsPerEpoch = stepsPerEpoch
    self.memory = memory
    folder = context.checkpoints.map { CheckpointFolder(url: $0) }
    if options.restoresBest && folder == nil {
      throw TrainingError.invalidOption(
        name: "restores_best", value: "true", expected: "false without a folder for checkpoints")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let shapes = optimizer.values.map { "\($0.name)\($0.shape)" }.joined(separator: "\n")
    let text = [kind, context.fingerprint, String(decoding: try encoder.encode(settings), as: UTF8.self), shapes]
    fingerprint = ContentHash.of(text.joined(separator: "\n"))
  }

  var totalSteps: Int { options.totalSteps(stepsPerEpoch: stepsPerEpoch) }

  /// How a run ends that was cancelled while it was being prepared.
  var cancelledBeforeStart: TrainingOutcome { outcome(.cancelled, Progress()) }

  func run(_ procedure: any TrainingProcedure) throws -> TrainingOutcome {
    var progress = try resume(procedure)
    try context.recorder?.began(data, resumedFrom: progress.resumedFrom)
    if progress.step < totalSteps { context.expect(memory) }
    // Asked once a step, so that a step's checkpoint and the end of the run agree.
    var isCancelled = context.isCancelled()
    while progress.step < totalSteps && !hasStalled(progress) {
      if isCancelled { return outcome(.cancelled, progress) }
      isCancelled = try advance(&progress, procedure)
    }
    if options.restoresBest { restoreBest(progress) }
    return outcome(progress.step < totalSteps ? .stoppedEarly : .completed, progress)
  }

  private func hasStalled(_ progress: Progress) -> Bool {
    options.patience.map { progress.evaluationsSinceBest >= $0 } ?? false
  }

  /// Does a step and all that follows it; true when the run is to end with it.
  private func advance(_ progress: inout Progress, _ procedure: any TrainingProcedure) throws -> Bool {
    let clock = ContinuousClock()
    let start = clock.now
    let learningRate = optimizer.options.learningRate(step: progress.step, totalSteps: totalSteps)
    let result = try procedure.step(progress.step, learningRate: learningRate)
    let duration = clock.now - start
    peak.sample()
    progress.step += 1
    progress.loss = result.loss
    let (validation, isBest) = try evaluate(&progress, procedure)
    let isCancelled = context.isCancelled()
    let checkpoint = try save(progress, procedure, isBest: isBest, isCancelled: isCancelled)
    let report = StepReport(
      step: progress.step, totalSteps: totalSteps, epoch: Double(progress.step) / Double(stepsPerEpoch),
      loss: result.loss, learningRate: learningRate, gradientNorm: result.gradientNorm,
      targetTokens: result.targetTokens, totalTokens: result.totalTokens, seconds: duration / .seconds(1),
      floatingPointOperations: result.floatingPointOperations, peakMemory: PeakMemory.bytes, metrics: result.metrics,
      validation: validation, isBest: isBest, rows: result.rows)
    try context.recorder?.record(report, checkpoint: checkpoint, rollouts: result.rollouts)
    folder?.prune(keepLast: options.keepLast, keepEvery: options.keepEvery, best: progress.bestStep)
    return isCancelled
  }

  private func evaluate(
    _ progress: inout Progress, _ procedure: any TrainingProcedure
  ) throws -> (values: [String: Double], isBest: Bool) {
    let isDue = options.evaluateEvery > 0 && progress.step % options.evaluateEvery == 0
    guard isDue || progress.step == totalSteps else { return ([:], false) }
    let values = try procedure.validate()
    guard let loss = values["loss"] else { return (values, false) }
    progress.validation = values
    let isBest = progress.bestLoss.map { loss < $0 } ?? true
    if isBest { (progress.bestStep, progress.bestLoss) = (progress.step, loss) }
    progress.evaluationsSinceBest = isBest ? 0 : progress.evaluationsSinceBest + 1
    return (values, isBest)
  }

  private func save(
    _ progress: Progress, _ procedure: any TrainingProcedure, isBest: Bool, isCancelled: Bool
  ) throws -> CheckpointRecord? {
    let isDue = options.checkpointEvery > 0 && progress.step % options.checkpointEvery == 0
    let isLast = progress.step == totalSteps || isCancelled || hasStalled(progress)
    guard let folder, isDue || isLast || (isBest && options.restoresBest) else { return nil }
    let state = CheckpointState(
      kind: kind, step: progress.step, epoch: progress.step / stepsPerEpoch,
      offset: progress.step % stepsPerEpoch * options.batchSize, seed: options.seed, fingerprint: fingerprint,
      updates: optimizer.updates, loss: progress.loss, bestStep: progress.bestStep, bestLoss: progress.bestLoss,
      evaluationsSinceBest: progress.evaluationsSinceBest, validation: progress.validation, extra: procedure.state,
      tensorsHash: "")
    return try folder.write(state, tensors: optimizer.tensors)
  }

  private func resume(_ procedure: any TrainingProcedure) throws -> Progress {
    guard let folder else { return Progress() }
    try folder.prepare()
    guard let state = try folder.latest(fingerprint: fingerprint, warn: context.warn) else { return Progress() }
    folder.remove(after: state.step)
    try folder.load(step: state.step, into: optimizer.tensors)
    optimizer.updates = state.updates
    procedure.state = state.extra
    return Progress(
      step: state.step, loss: state.loss, bestStep: state.bestStep, bestLoss: state.bestLoss,
      evaluationsSinceBest: state.evaluationsSinceBest, validation: state.validation, resumedFrom: state.step)
  }

  /// Without its checkpoint the best step is lost, but the run is not.
  private func restoreBest(_ progress: Progress) {
    guard let folder, let best = progress.bestStep, best != progress.step else { return }
    do {
      _ = try folder.read(step: best)
      try folder.load(step: best, into: optimizer.values)
    } catch {
      context.warn("\(error); keeping the last step's weights")
    }
  }

  private func outcome(_ finish: TrainingOutcome.Finish, _ progress: Progress) -> TrainingOutcome {
    TrainingOutcome(
      finish: finish, steps: progress.step, totalSteps: totalSteps, loss: progress.loss, bestStep: progress.bestStep,
      bestLoss: progress.bestLoss, validation: progress.validation, data: data, resumedFrom: progress.resumedFrom,
      peakMemory: peak.bytes, trainedParameters: memory.trainedCount)
  }
}
