import Foundation
import Models
import Tensors
import Testing
import Training

/// AdamW with 8-bit moments, and moments in a file.
@Suite struct AdamW8bitTests {
  private struct Expected: Decodable {
    struct Settings: Decodable {
      var lr: Double
      var betas: [Double]
      var eps: Double
      var weightDecay: Double
    }
    struct Step: Decodable {
      var large: [Float]
      var small: [Float]
      var first: [UInt8]
      var second: [UInt8]
      var firstMaxima: [Float]
      var secondMaxima: [Float]
    }
    var settings: Settings
    var count: Int
    var small: Int
    var every: Int
    var steps: [Step]
  }

  private func parameter(_ name: String, _ count: Int) -> Parameter {
    let values = (0..<count).map { Float(Double($0 * 7919 % 2003 - 1001) / 4096) }
    let parameter = Parameter(name: name, value: Tensor(shape: [count, 1], values: values))
    parameter.isTrainable = true
    return parameter
  }

  /// The gradients of `fixture_adamw8bit.py`.
  private func setGradient(_ parameter: Parameter, step: Int) {
    for index in 0..<parameter.value.count {
      let number = Double((index * 104729 + step * 7907) % 4001 - 2000) / 2048
      parameter.gradient.data[index] = index % 9 == 4 ? 0 : Float(number * pow(2, -Double(index % 15)))
    }
  }

  private func numbers<Number>(_ tensor: CheckpointTensor, _ type: Number.Type) -> [Number] {
    tensor.withBytes { Array($0.bindMemory(to: type)) }
  }

  @Test func followsBitsandbytes() throws {
    let expected = try Fixture.decode(Expected.self, "adamw8bit.json")
    let settings = expected.settings
    let parameters = [parameter("large", expected.count), parameter("small", expected.small)]
    let optimizer = try AdamW(
      groups: [ParameterGroup(name: "all", parameters: parameters)],
      options: OptimizerOptions(
        learningRate: settings.lr, weightDecay: settings.weightDecay, beta1: settings.betas[0],
        beta2: settings.betas[1], epsilon: settings.eps, maximumGradientNorm: 0, kind: .adamw8bit))
    let saved = Dictionary(uniqueKeysWithValues: optimizer.tensors.map { ($0.name, $0) })
    // Below 4,096 elements moments stay in f32.
    #expect(saved["second_moment/all/small"]?.byteCount == 4 * expected.small)
    #expect(saved["second_moment_absmax/all/small"] == nil)
    func every<Number>(_ values: [Number]) -> [Number] {
      stride(from: 0, to: values.count, by: expected.every).map { values[$0] }
    }
    #expect(expected.steps.count == 6)
    for (step, wanted) in expected.steps.enumerated() {
      for parameter in parameters { setGradient(parameter, step: step) }
      try optimizer.update(learningRates: [settings.lr])
      // Theirs rounds after every operation, ours fuses some: the last bits of f32, and now and then a neighbouring code.
      expectClose(every(parameters[0].value.toArray()).map(Double.init), wanted.large.map(Double.init), 1e-5, "\(step)")
      expectClose(every(parameters[1].value.toArray()).map(Double.init), wanted.small.map(Double.init), 1e-6, "\(step)")
      for (name, codes, maxima) in [
        ("first", wanted.first, wanted.firstMaxima), ("second", wanted.second, wanted.secondMaxima),
      ] {
        let ours = every(numbers(try #require(saved["\(name)_moment/all/large"]), UInt8.self))
        let differences = zip(ours, codes).map { abs(Int($0) - Int($1)) }
        #expect(differences.allSatisfy { $0 <= 1 } && differences.count { $0 > 0 } <= 2, "\(name), step \(step)")
        let ourMaxima = numbers(try #require(saved["\(name)_moment_absmax/all/large"]), Float.self)
        for (a, b) in zip(ourMaxima, maxima) { #expect(abs(a - b) <= 1e-5 * b) }
      }
    }
  }

  /// Values and everything that is saved, after some steps.
  private func bits(_ options: OptimizerOptions, threads: Int) throws -> [[UInt8]] {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = threads
    let parameters = [parameter("large", 70_001), parameter("norm", 300)]
    let optimizer = try AdamW(groups: [ParameterGroup(name: "all", parameters: parameters)], options: options)
    for step in 0..<4 {
      for parameter in parameters { setGradient(parameter, step: step) }
      try optimizer.update(learningRates: [0.01])
    }
    return optimizer.tensors.map { numbers($0, UInt8.self) }
  }

  @Test(arguments: OptimizerOptions.Kind.allCases) func threadsAndPlacesChangeNoBit(_ kind: OptimizerOptions.Kind)
    throws
  {
    let one = try bits(OptimizerOptions(kind: kind), threads: 1)
    #expect(try bits(OptimizerOptions(kind: kind), threads: 3) == one)
    #expect(try bits(OptimizerOptions(kind: kind, state: .file), threads: 2) == one)
  }

  /// A file leaves nothing behind, and a folder that cannot hold it is one clear line.
  @Test func theFileHasNoName() throws {
    try withTemporaryFolder { folder in
      let group = ParameterGroup(name: "all", parameters: [parameter("large", 5000)])
      let options = OptimizerOptions(state: .file)
      let optimizer = try AdamW(groups: [group], options: options, folder: folder.appendingPathComponent("run"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["run"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/run") == [])
      try optimizer.update(learningRates: [0.1])
      let error = #expect(throws: TrainingError.self) {
        try AdamW(groups: [group], options: options, folder: URL(fileURLWithPath: "/proc/run"))
      }
      #expect(error?.description.contains("/proc/run") == true && error?.description.contains("\n") == false)
    }
  }

  /// The tiny model learns as with f32 moments: after 20 steps the losses differ by less than 0.03.
  @Test func lossesStayNearThoseOfF32() throws {
    let rows = PreferenceRow.small(count: 8).map {
      TrainingRow(id: $0.id, document: $0.prompt + $0.chosen + $0.rejected)
    }
    func losses(_ kind: OptimizerOptions.Kind) throws -> [Double] {
      let model = try Fixture.model()
      model.isTrainable = true
      let recorder = ListRecorder()
      let options = SupervisedOptions(
        optimizer: OptimizerOptions(learningRate: 2e-3, schedule: ScheduleOptions(.constant), kind: kind),
        loop: LoopOptions(maximumSteps: 20, batchSize: 4, microbatchTokens: 64))
      _ = try SupervisedTrainer(
        role: Role(model), rows: rows, options: options, context: TrainingContext(recorder: recorder)
      ).train()
      return recorder.reports.map(\.loss)
    }
    let (exact, quantized) = (try losses(.adamw), try losses(.adamw8bit))
    #expect(exact.last! < exact[0] - 1)
    #expect(exact != quantized)
    for (a, b) in zip(exact, quantized) { #expect(abs(a - b) < 0.03, "\(a) and \(b)") }
  }
}
