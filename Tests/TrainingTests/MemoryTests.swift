import Foundation
import Models
import Tensors
import Testing
import Training

/// Estimates of memory against what is really taken.
@Suite struct MemoryTests {
  /// A shape with realistic proportions, small enough for a test.
  private func model() -> LanguageModel {
    LanguageModel(
      configuration: ModelConfiguration(
        hiddenSize: 96, layerCount: 3, headCount: 6, keyValueHeadCount: 2, intermediateSize: 256, vocabularySize: 1024,
        maximumPositions: 512), seed: 1)
  }

  private struct Pass: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var freezing: [String]?
    var rank = 0
    var usesMagnitudes = false
    var prompt: PromptConfiguration.Method?
    var recomputes = false
    var precision = MatmulPrecision.highest
    var loss: PassMemory.Loss
  }

  private static let passes = [
    Pass(testDescription: "full", freezing: [], loss: .crossEntropy),
    Pass(testDescription: "embedding frozen", freezing: ["model.embed_tokens.*"], loss: .crossEntropy),
    Pass(
      testDescription: "upper half", freezing: ["model.embed_tokens.*", "model.layers.[01].*"], loss: .crossEntropy),
    Pass(testDescription: "low rank", rank: 8, loss: .crossEntropy),
    Pass(testDescription: "low rank, preferences", rank: 8, loss: .logProbabilities),
    Pass(testDescription: "low rank, scores", rank: 8, loss: .scores),
    Pass(testDescription: "magnitudes", rank: 8, usesMagnitudes: true, loss: .crossEntropy),
    Pass(testDescription: "prefix", prompt: .prefix, loss: .crossEntropy),
    Pass(testDescription: "prompt", prompt: .prompt, loss: .logProbabilities),
    Pass(testDescription: "full, recomputed", freezing: [], recomputes: true, loss: .crossEntropy),
    Pass(testDescription: "low rank, recomputed", rank: 8, recomputes: true, loss: .crossEntropy),
    Pass(testDescription: "full, integers", freezing: [], precision: .high, loss: .crossEntropy),
    Pass(testDescription: "full, small integers", freezing: [], precision: .medium, loss: .crossEntropy),
    Pass(testDescription: "low rank, integers", rank: 8, precision: .high, loss: .logProbabilities),
  ]

  /// The workspace's high-water mark is what the list of allocations says, to 3 in 100.
  @Test(arguments: passes, [(1, [200]), (2, [200]), (2, [40, 40, 40, 40, 40, 40]), (7, [200])])
  private func workspaceOfAPass(_ pass: Pass, stream: (step: Int, lengths: [Int])) throws {
    let lengths = stream.lengths
    let model = model()
    var adapter: Adapter?
    if let patterns = pass.freezing { try model.train(freezing: patterns) }
    if pass.rank > 0 {
      adapter = try Adapter(
        AdapterConfiguration(rank: pass.rank, targets: .allLinear, usesMagnitudes: pass.usesMagnitudes), model: model,
        seed: 1, scoreHead: true)
    }
    if let method = pass.prompt { adapter = Adapter(PromptConfiguration(method, count: 12), model: model, seed: 1) }
    let role = Role(model, adapter)
    var batch = PackedBatch()
    for length in lengths { batch.append([Int32](repeating: 5, count: length)) }
    let rows = Array(stride(from: 0, to: batch.count, by: stream.step))
    let targets = rows.map { Target(row: $0, token: 7) }
    let workspace = Workspace(precision: pass.precision, capacity: 1 << 30)
    let tape = Tape(recomputesBlocks: pass.recomputes, workspace: workspace)
    let states = role.hiddenStates(batch, reading: rows, tape: tape)
    let ones = [Float](repeating: 1, count: rows.count)
    switch pass.loss {
    case .crossEntropy: _ = states.crossEntropy(targets, weights: ones)
    case .logProbabilities: states.logProbabilities(targets).setGradient(ones)
    case .scores: states.scores(rows: rows).setGradient(ones)
    }
    tape.backward()
    tape.finish()
    let expected = PassMemory(
      PassShape(role), tokens: batch.count, targets: rows.count, longest: lengths.max()!, loss: pass.loss,
      recomputes: pass.recomputes, precision: pass.precision
    ).peakBytes
    #expect(abs(Double(workspace.peak) / Double(expected) - 1) < 0.03, "\(workspace.peak), expected \(expected)")
  }

  @Test func recomputationKeepsTheStreamAlone() {
    let shape = PassShape(Role(model()))
    let full = PassShape(model().configuration, trains: { _ in true }, rank: { _ in 0 })
    func bytes(_ recomputes: Bool) -> Int {
      PassMemory(full, tokens: 256, targets: 128, longest: 256, loss: .crossEntropy, recomputes: recomputes).peakBytes
    }
    #expect(bytes(true) < bytes(false) * 2 / 3)
    #expect(PassMemory(shape, tokens: 256, targets: 128, longest: 256, loss: .crossEntropy).peakBytes < bytes(true))
  }

  /// What a run expects: counts and bytes of what is trained.
  @Test(arguments: OptimizerOptions.Kind.allCases, OptimizerOptions.State.allCases)
  func estimateOfARun(kind: OptimizerOptions.Kind, state: OptimizerOptions.State) throws {
    let model = model()
    try model.train(freezing: ["model.embed_tokens.*"])
    var estimates: [MemoryEstimate] = []
    let rows = (0..<6).map { TrainingRow(id: "\($0)", document: [Int32](repeating: 9, count: 20 + $0)) }
    let options = SupervisedOptions(
      optimizer: OptimizerOptions(kind: kind, state: state),
      loop: LoopOptions(maximumSteps: 1, batchSize: 6, microbatchTokens: 64))
    let outcome = try SupervisedTrainer(
      role: Role(model), rows: rows, options: options, context: TrainingContext(expect: { estimates.append($0) })
    ).train()
    let estimate = try #require(estimates.first)
    #expect(estimates.count == 1 && outcome.peakMemory > 0)
    let trained = model.parameters.filter(\.isTrainable).reduce(0) { $0 + $1.value.count }
    #expect(estimate.trainedCount == trained && estimate.weightCount == model.configuration.parameterCount)
    #expect(estimate.weights == model.weightBytes && estimate.gradients == 4 * trained)
    let perWeight = Double(estimate.optimizer) / Double(trained)
    switch (kind, state) {
    case (.adamw, .memory): #expect(perWeight >= 8 && perWeight < 8.5)
    case (.adamw8bit, .memory): #expect(perWeight >= 2 && perWeight < 4)
    default: #expect(perWeight < 3)
    }
    #expect(estimate.activations > 0 && estimate.total > estimate.weights + estimate.gradients)
  }

  @Test func whatIsFreeIsKnownHere() throws {
    let free = try #require(AvailableMemory.bytes)
    #expect(free > 16 << 20 && free <= Int(ProcessInfo.processInfo.physicalMemory))
  }
}
