import Tensors
import Testing
import Training

@Suite struct OptimizerTests {
  private struct Expected: Decodable {
    struct Run: Decodable {
      struct Settings: Decodable {
        var lr: Double
        var betas: [Double]
        var eps: Double
        var weightDecay: Double
      }
      var settings: Settings
      var after: [[Double]]
    }
    struct AdamW: Decodable {
      var start: [Float]
      var grads: [[Float]]
      var runs: [Run]
    }
    struct Schedule: Decodable {
      struct Settings: Decodable {
        var lr: Double
        var warmupSteps: Int
        var totalSteps: Int
      }
      var settings: Settings
      var lr: [Double]
    }
    var adamw: AdamW
    var schedules: [String: Schedule]
  }

  private let expected: Expected
  init() throws { expected = try Fixture.decode(Expected.self, "optim.json") }

  @Test func adamWFollowsPyTorch() throws {
    #expect(!expected.adamw.runs.isEmpty)
    for run in expected.adamw.runs {
      let parameter = Parameter(name: "w", value: Tensor(shape: [2, 3], values: expected.adamw.start))
      parameter.isTrainable = true
      let options = OptimizerOptions(
        learningRate: run.settings.lr, weightDecay: run.settings.weightDecay, beta1: run.settings.betas[0],
        beta2: run.settings.betas[1], epsilon: run.settings.eps, maximumGradientNorm: 0)
      let optimizer = try AdamW(groups: [ParameterGroup(name: "all", parameters: [parameter])], options: options)
      for (gradient, after) in zip(expected.adamw.grads, run.after) {
        optimizer.zeroGradients()
        parameter.gradient.copy(from: Tensor(shape: [2, 3], values: gradient))
        try optimizer.update(learningRates: [run.settings.lr])
        expectClose(parameter.value.toArray().map(Double.init), after, 1e-6)
      }
    }
  }

  @Test func normsAndBiasesDoNotDecay() throws {
    let bias = Parameter(name: "bias", value: Tensor(shape: [4], values: [1, 1, 1, 1]))
    let matrix = Parameter(name: "matrix", value: Tensor(shape: [2, 2], values: [1, 1, 1, 1]))
    let optimizer = try AdamW(
      groups: [ParameterGroup(name: "all", parameters: [bias, matrix])],
      options: OptimizerOptions(learningRate: 0.1, weightDecay: 0.5))
    try optimizer.update(learningRates: [0.1])
    #expect(bias.value.toArray() == [1, 1, 1, 1])
    expectClose(matrix.value.toArray().map(Double.init), [0.95, 0.95, 0.95, 0.95], 1e-6)
  }

  @Test func clippingLeavesTheMaximumNorm() throws {
    let parameter = Parameter(name: "w", value: .zeros([2]))
    parameter.gradient.copy(from: Tensor(shape: [2], values: [3, 4]))
    let optimizer = try AdamW(
      groups: [ParameterGroup(name: "all", parameters: [parameter])],
      options: OptimizerOptions(beta1: 0, beta2: 0, epsilon: 1e6, maximumGradientNorm: 1))
    let norms = try optimizer.update(learningRates: [1e6])
    #expect(isClose(norms[0], 5, 1e-9))
    // With a huge epsilon the update is the clipped gradient itself.
    expectClose(parameter.value.toArray().map(Double.init), [-0.6, -0.8], 1e-4)
  }

  @Test func overflowIsRefusedBeforeAnythingChanges() throws {
    let parameter = Parameter(name: "w", value: .zeros([2]))
    parameter.gradient.copy(from: Tensor(shape: [2], values: [.infinity, 1]))
    let optimizer = try AdamW(
      groups: [ParameterGroup(name: "all", parameters: [parameter])], options: OptimizerOptions())
    #expect(throws: TrainingError.notFinite("the gradient")) { try optimizer.update(learningRates: [1]) }
    #expect(parameter.value.toArray() == [0, 0])
  }

  @Test func schedulesAreThoseOfTransformers() throws {
    let kinds: [String: ScheduleOptions.Kind] = [
      "constant": .constant, "constant_with_warmup": .constant, "linear": .linear, "cosine": .cosine,
    ]
    #expect(expected.schedules.count == kinds.count)
    for (name, wanted) in expected.schedules {
      let settings = wanted.settings
      let schedule = ScheduleOptions(try #require(kinds[name]), warmupSteps: settings.warmupSteps)
      let ours = wanted.lr.indices.map { settings.lr * schedule.factor(step: $0, totalSteps: settings.totalSteps) }
      #expect(zip(ours, wanted.lr).allSatisfy { abs($0 - $1) < 1e-12 }, "\(name): \(ours)")
    }
  }

  @Test func ratiosStandForSteps() {
    let byRatio = ScheduleOptions(.cosine, warmupRatio: 0.15, minimumRatio: 0.1)
    let bySteps = ScheduleOptions(.cosine, warmupSteps: 2, minimumRatio: 0.1)
    for step in 0..<10 {
      #expect(byRatio.factor(step: step, totalSteps: 10) == bySteps.factor(step: step, totalSteps: 10))
    }
    #expect(bySteps.factor(step: 10, totalSteps: 10) == 0.1)
  }
}
