import Foundation
import Models
import Tensors
import Testing
import Training

/// Twenty steps of each member of PEFT's LoRA family, from the same files; `make_lora_fixtures.py` made them.
@Suite struct LoRAParityTests {
  private struct Expected: Decodable {
    struct Row: Decodable {
      var ids: [Int32]
      var targets: [Int]
    }
    struct Case: Decodable {
      var loss: [Double]
      var gradNorm: [Double]
      var logprobs: [Double]
    }
    var settings: FixtureSettings
    var ratio: Double
    var rows: [Row]
    var cases: [String: Case]
  }

  static let cases = ["lora", "rslora", "dora", "dora-random", "pattern", "plus", "pissa"]
  private let expected: Expected

  init() throws { expected = try Fixture.decode(Expected.self, "lora/lora.json") }

  private var rows: [TrainingRow] {
    expected.rows.enumerated().map { index, row in
      TrainingRow(id: "\(index)", tokens: row.ids, isTarget: row.ids.indices.map { row.targets.contains($0) })
    }
  }

  /// Log-probabilities of the first row's targets.
  private func logProbabilities(_ role: Role) -> [Double] {
    let workspace = Workspace(capacity: 64 << 20)
    var batch = PackedBatch()
    let row = expected.rows[0]
    batch.append(row.ids)
    let states = role.hiddenStates(batch, tape: Tape(recording: false, workspace: workspace))
    return states.logProbabilities(row.targets.map { Target(row: $0 - 1, token: row.ids[$0]) }).values.map(Double.init)
  }

  private func train(_ role: Role, settings: FixtureSettings? = nil) throws -> ListRecorder {
    let settings = settings ?? expected.settings
    let recorder = ListRecorder()
    let trainer = try SupervisedTrainer(
      role: role, rows: rows, options: SupervisedOptions(optimizer: settings.optimizer, loop: settings.loop),
      context: TrainingContext(recorder: recorder))
    #expect(try trainer.train().finish == .completed)
    return recorder
  }

  @Test(arguments: cases) func stepsFollowPEFT(name: String) throws {
    let wanted = try #require(expected.cases[name])
    let role = try Fixture.role(adapter: "lora/" + name)
    let adapter = try #require(role.adapter)
    if name == "plus" { adapter.setLearningRateRatio(expected.ratio) }
    let recorder = try train(role)
    expectClose(recorder.reports.map(\.loss), wanted.loss, 2e-5, "loss")
    expectClose(recorder.reports.map(\.gradientNorm), wanted.gradNorm, 1e-4, "gradient norm")
    let final = try SafetensorsFile(Fixture.url("lora/\(name)/final.safetensors"))
    #expect(Set(final.names) == Set(adapter.parameters.map(\.name)))
    for parameter in adapter.parameters {
      let values = try final.tensor(parameter.name, shape: parameter.value.shape).toArray()
      let difference = distance(parameter.value.toArray(), values) / distance(values, values.map { _ in 0 })
      #expect(difference < 1e-4, "\(parameter.name) differs by \(difference)")
    }
    expectClose(logProbabilities(role), wanted.logprobs, 1e-4, "log-probabilities")
  }

  private func distance(_ x: [Float], _ y: [Float]) -> Float {
    zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  /// What was trained is the same once it was saved and opened again, a PiSSA adapter as plain LoRA of twice the rank.
  @Test(arguments: cases) func savedAdaptersDoTheSame(name: String) throws {
    let role = try Fixture.role(adapter: "lora/" + name)
    var settings = expected.settings
    settings.steps = 3
    _ = try train(role, settings: settings)
    try withTemporaryFolder { folder in
      try role.adapter?.save(to: folder)
      let opened = try Adapter(folder: folder, model: role.model)
      #expect(opened.lowRank?.start == .default)
      #expect(opened.lowRank?.rank == (name == "pissa" ? 2 : 1) * role.adapter!.lowRank!.rank)
      expectClose(logProbabilities(Role(role.model, opened)), logProbabilities(role), 1e-5)
    }
  }

  /// What PEFT made of its trained PiSSA adapter stands on the whole base.
  @Test func convertedPiSSAOpens() throws {
    let role = try Fixture.role(adapter: "lora/pissa/converted")
    expectClose(logProbabilities(role), try #require(expected.cases["pissa"]).logprobs, 2e-5)
  }

  @Test func principalPartsAreThoseOfPEFT() throws {
    let model = try Fixture.model()
    let configuration = try AdapterConfiguration(folder: Fixture.url("lora/pissa"))
    let theirs = try Adapter(folder: Fixture.url("lora/pissa"), model: model).deltasByLayer
    let ours = try Adapter(configuration, model: model, seed: 1)
    #expect(Set(theirs.keys) == Set(ours.deltasByLayer.keys))
    for (name, delta) in ours.deltasByLayer {
      let (a, b) = (try #require(theirs[name]).a.value, try #require(theirs[name]).b.value)
      for row in 0..<b.rows {
        for column in 0..<a.columns {
          // Vectors have no sign of their own; the product of the two has.
          func product(_ b: Tensor, _ a: Tensor) -> Float {
            (0..<a.rows).reduce(0) { $0 + b.row(row)[$1] * a.row($1)[column] }
          }
          #expect(abs(product(delta.b.value, delta.a.value) - product(b, a)) < 1e-5, "\(name)")
        }
      }
    }
    // The start changes nothing yet, nor does what is saved of it.
    expectClose(logProbabilities(Role(model, ours)), logProbabilities(Role(model)), 1e-5)
  }

  @Test func newAdaptersChangeNothingYet() throws {
    let model = try Fixture.model()
    for start in AdapterConfiguration.Start.allCases {
      for dora in [false, true] {
        let configuration = AdapterConfiguration(rank: 4, alpha: 8, usesMagnitudes: dora, start: start)
        let adapter = try Adapter(configuration, model: model, seed: 1)
        expectClose(logProbabilities(Role(model, adapter)), logProbabilities(Role(model)), 1e-5, "\(start), \(dora)")
        #expect(
          try adapter.copy(model: model).parameters.map { $0.value.toArray() }
            == adapter.parameters.map { $0.value.toArray() })
      }
    }
  }

  @Test func gaussianStartsHaveTheirDeviation() throws {
    let model = try Fixture.model()
    let adapter = try Adapter(AdapterConfiguration(rank: 8, alpha: 8, start: .gaussian), model: model, seed: 1)
    let values = adapter.deltasByLayer.values.flatMap { $0.a.value.toArray() }
    let variance = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
    #expect(abs(variance.squareRoot() * 8 - 1) < 0.05)
    #expect(adapter.deltasByLayer.values.allSatisfy { $0.b.value.toArray().allSatisfy { $0 == 0 } })
  }

  @Test func ranksAboveTheWeightsAreRefused() throws {
    let model = try Fixture.model()
    let error = #expect(throws: ModelError.self) {
      try Adapter(AdapterConfiguration(rank: 33, alpha: 8, start: .pissa), model: model, seed: 1)
    }
    #expect(error?.description.contains("32 singular values, fewer than the rank 33") == true)
  }

  /// A step's masks do not depend on how it is cut into micro-batches, and training without them does something else.
  @Test func microbatchesDoNotChangeDropout() throws {
    func losses(_ share: Double, microbatch: Int) throws -> [Double] {
      let model = try Fixture.model()
      let configuration = AdapterConfiguration(rank: 4, alpha: 8, dropout: share, usesMagnitudes: true)
      let recorder = ListRecorder()
      var loop = expected.settings.loop
      (loop.microbatchTokens, loop.maximumSteps) = (microbatch, 6)
      let trainer = try SupervisedTrainer(
        role: Role(model, try Adapter(configuration, model: model, seed: 1)), rows: rows,
        options: SupervisedOptions(optimizer: expected.settings.optimizer, loop: loop),
        context: TrainingContext(recorder: recorder))
      _ = try trainer.train()
      return recorder.reports.map(\.loss)
    }
    let whole = try losses(0.3, microbatch: 512)
    expectClose(try losses(0.3, microbatch: 16), whole, 1e-5)
    let without = try losses(0, microbatch: 512)
    #expect(abs(without[5] - whole[5]) > 1e-4)
  }
}
