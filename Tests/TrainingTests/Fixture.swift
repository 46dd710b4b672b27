import Foundation
import Models
import Testing
import Training

/// Files that TRL, PEFT and PyTorch wrote; `make_fixtures.py` tells how.
enum Fixture {
  static func url(_ name: String) -> URL {
    Bundle.module.resourceURL!.appendingPathComponent("Fixtures").appendingPathComponent(name)
  }

  static func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: url(name)))
  }

  static func model() throws -> LanguageModel { try LanguageModel(folder: url("tiny")) }

  /// The fixture's model with an adapter of the fixture.
  static func role(adapter: String) throws -> Role {
    let model = try model()
    return Role(model, try Adapter(folder: url(adapter), model: model))
  }
}

/// The settings that the fixture's runs share.
struct FixtureSettings: Decodable {
  var learningRate: Double
  var weightDecay: Double
  var adamBeta1: Double
  var adamBeta2: Double
  var adamEpsilon: Double
  var maxGradNorm: Double
  var batchSize: Int
  var steps: Int
  var beta: Double?

  var optimizer: OptimizerOptions {
    OptimizerOptions(
      learningRate: learningRate, schedule: ScheduleOptions(.constant), weightDecay: weightDecay, beta1: adamBeta1,
      beta2: adamBeta2, epsilon: adamEpsilon, maximumGradientNorm: maxGradNorm)
  }

  var loop: LoopOptions {
    LoopOptions(maximumSteps: steps, batchSize: batchSize, microbatchTokens: 128, shuffles: false)
  }
}

/// Steps of supervised fine-tuning as the reference took them.
struct SupervisedSteps: Decodable {
  struct Row: Decodable {
    var ids: [Int32]
    var targets: [Int]
  }
  var settings: FixtureSettings
  var rows: [Row]
  var loss: [Double]
  var gradNorm: [Double]

  var trainingRows: [TrainingRow] {
    rows.enumerated().map { index, row in
      TrainingRow(id: "\(index)", tokens: row.ids, isTarget: row.ids.indices.map { row.targets.contains($0) })
    }
  }
}

/// Keeps what a run reports.
final class ListRecorder: TrainingRecorder {
  var data: DataReport?
  var resumedFrom: Int?
  var reports: [StepReport] = []
  var checkpoints: [CheckpointRecord] = []
  var rollouts: [RolloutReport] = []

  func began(_ data: DataReport, resumedFrom step: Int?) {
    self.data = data
    resumedFrom = step
  }

  func record(_ report: StepReport, checkpoint: CheckpointRecord?, rollouts: [RolloutReport]) {
    reports.append(report)
    checkpoint.map { checkpoints.append($0) }
    self.rollouts += rollouts
  }
}

/// A folder that is gone after the test.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("training-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// |a - b| <= tolerance max(1, |b|)
func isClose(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool { abs(a - b) <= tolerance * max(1, abs(b)) }

func expectClose(
  _ values: [Double], _ expected: [Double], _ tolerance: Double, _ what: Comment? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(values.count == expected.count, what, sourceLocation: sourceLocation)
  for (value, expected) in zip(values, expected) where !isClose(value, expected, tolerance) {
    Issue.record("\(what.map { "\($0): " } ?? "")\(value) is not \(expected)", sourceLocation: sourceLocation)
  }
}

/// d f / d x by central differences.
func derivative(at x: Double, step: Double = 1e-5, _ f: (Double) -> Double) -> Double {
  (f(x + step) - f(x - step)) / (2 * step)
}

extension PreferenceRow {
  /// Small pairs over the fixture's vocabulary.
  static func small(count: Int, prompt: [Int32] = [1, 87, 85]) -> [PreferenceRow] {
    var pairs: [PreferenceRow] = []
    for index in 0..<Int32(count) {
      let chosen: [Int32] = [50, 60 + index, 2]
      let rejected: [Int32] = [70 + index, 51, 52, 2]
      pairs.append(
        PreferenceRow(id: "pair\(index)", prompt: prompt + [40 + index], chosen: chosen, rejected: rejected))
    }
    return pairs
  }
}

extension TrainingRow {
  /// A prompt and an answer, of which the answer is to be learnt.
  init(id: String, prompt: [Int32], answer: [Int32]) {
    let flags = [Bool](repeating: false, count: prompt.count) + [Bool](repeating: true, count: answer.count)
    self.init(id: id, tokens: prompt + answer, isTarget: flags)
  }
}
