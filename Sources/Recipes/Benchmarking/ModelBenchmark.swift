import Foundation
import Models
import Store
import Tensors
import Terminal
import Training

/// Measures what a model does on this machine, and what limits each work.
///
/// The same code runs as in training and sampling; only the tokens are made up.
public struct ModelBenchmark {
  private let name: String
  private let role: Role
  private let options: BenchmarkOptions
  private let cost: ModelCost
  private let limits: BenchmarkReport.Limits

  /// Measures the machine.
  /// - Throws: `RecipeError.usage` for numbers that the model cannot be run with; `BLAS.LoadError` where products need
  ///   a library that is missing.
  public init(_ opened: OpenedModel, options: BenchmarkOptions) throws {
    try options.check(maximumPositions: opened.role.maximumPositions)
    if Products.usesOpenBLAS { try BLAS.require() }
    name = opened.name
    role = opened.role
    self.options = options
    cost = ModelCost(role: role, precision: options.precision)
    limits = BenchmarkReport.Limits(
      kernels: Machine.kernels, threads: Threads.count,
      operationsPerSecond: Machine.squareProduct(size: 1536, tries: 6),
      bytesPerSecond: Machine.readBandwidth(bytes: min(max(role.model.weightBytes, 1 << 20), 512 << 20)))
  }

  /// Runs every work.
  /// - Parameter began: called before each.
  public func run(_ began: (BenchmarkOptions.Work) -> Void = { _ in }) throws -> BenchmarkReport {
    let measurements = try options.works.map { work in
      began(work)
      ResidentMemory.forgetPeak()
      return switch work {
      case .reading: reading()
      case .decoding: decoding(work, answers: 1)
      case .batch: decoding(work, answers: options.batchSize)
      case .training: try training()
      }
    }
    return BenchmarkReport(
      model: name, parameters: role.model.configuration.parameterCount, weightBytes: role.model.weightBytes,
      limits: limits,
      measurements: measurements)
  }

  private func reading() -> BenchmarkReport.Measurement {
    let workspace = Workspace(precision: options.precision)
    var batch = PackedBatch()
    batch.append(tokens(options.promptTokens, item: 0))
    let laps = (0...options.repeats).map { _ in
      let watch = Stopwatch()
      workspace.scratch {
        let states = role.hiddenStates(
          batch, reading: [batch.count - 1], tape: Tape(recording: false, workspace: workspace))
        _ = states.logits(rows: [batch.count - 1])
      }
      return watch.lap
    }
    return measurement(.reading, tokens: batch.count, laps, cost.reading(tokens: batch.count))
  }

  /// Answers to one prompt, which is read once and does not count; sampling does.
  private func decoding(_ work: BenchmarkOptions.Work, answers: Int) -> BenchmarkReport.Measurement {
    let generator = Generator(
      role, workspace: Workspace(precision: options.precision), batchSize: answers, looksAhead: options.looksAhead)
    let prompt = tokens(options.promptTokens, item: 0)
    let sampling = SamplingOptions(maximumNewTokens: options.newTokens, temperature: 1, seed: options.seed)
    var passes = 0
    let laps = (0...options.repeats).map { _ in
      var watch = Stopwatch()
      var first = 0
      let generations = generator.generate([prompt], samplesPerPrompt: answers, options: sampling) { _, _ in
        first += 1
        if first == answers { watch = Stopwatch() }
        return true
      }
      // All begin with the prompt's pass, which does not count, and the last to end was in every other.
      passes = generations.map(\.passes).max()! - 1
      return watch.lap
    }
    let steps = options.newTokens - 1
    return measurement(
      work, tokens: steps * answers, passes: passes, laps,
      cost.decoding(prompt: options.promptTokens, steps: steps, answers: answers, passes: passes))
  }

  private func training() throws -> BenchmarkReport.Measurement {
    let model = role.model
    let adapter = try Adapter(
      AdapterConfiguration(rank: BenchmarkOptions.rank, alpha: Double(2 * BenchmarkOptions.rank)), model: model,
      seed: options.seed)
    let rows = (0..<BenchmarkOptions.trainingRows).map {
      TrainingRow(id: "\($0)", document: tokens(options.promptTokens, item: $0))
    }
    let loop = LoopOptions(
      seed: options.seed, maximumSteps: options.repeats + 1, batchSize: rows.count,
      matmulPrecision: options.precision, maximumLength: options.promptTokens)
    let recorder = StepKeeper()
    let trainer = try SupervisedTrainer(
      role: Role(model, adapter), rows: rows, options: SupervisedOptions(loop: loop),
      context: TrainingContext(recorder: recorder))
    _ = try trainer.train()
    guard let step = recorder.last else { preconditionFailure("a run of several steps has none") }
    // Rows of a stream lack the last token, which is only predicted.
    let perMicrobatch = max(1, loop.microbatchTokens / (options.promptTokens - 1))
    return measurement(
      .training, tokens: step.totalTokens, recorder.laps,
      cost.training(
        operations: step.floatingPointOperations, microbatches: (rows.count + perMicrobatch - 1) / perMicrobatch))
  }

  /// The first run took memory and filled caches; it does not count.
  private func measurement(
    _ work: BenchmarkOptions.Work, tokens: Int, passes: Int? = nil, _ laps: [Stopwatch.Lap], _ need: ModelCost.Need
  ) -> BenchmarkReport.Measurement {
    BenchmarkReport.Measurement(
      work: work, tokens: tokens, passes: passes, laps: Array(laps.dropFirst()), cost: need, limits: limits,
      peakMemory: ResidentMemory.peak)
  }

  private func tokens(_ count: Int, item: Int) -> [Int32] {
    var generator = CounterGenerator(seed: options.seed, purpose: "benchmark", item: item)
    let vocabulary = Int32(role.model.configuration.vocabularySize)
    return (0..<count).map { _ in Int32.random(in: 0..<vocabulary, using: &generator) }
  }
}

/// Times the steps of a run.
private final class StepKeeper: TrainingRecorder {
  private var watch = Stopwatch()
  private(set) var laps: [Stopwatch.Lap] = []
  private(set) var last: StepReport?

  func began(_ data: DataReport, resumedFrom step: Int?) { watch = Stopwatch() }

  func record(_ report: StepReport, checkpoint: CheckpointRecord?, rollouts: [RolloutReport]) {
    laps.append(watch.lap)
    last = report
    watch = Stopwatch()
  }
}
