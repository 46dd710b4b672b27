import Foundation
import Models
import Tensors
import Testing
import Training

/// Virtual tokens and trained token rows, step by step with PEFT; `make_prompt_fixtures.py` tells how.
@Suite struct PromptParityTests {
  private struct Expected: Decodable {
    struct Greedy: Decodable {
      var prompt: [Int32]
      var answer: [Int32]
    }
    var settings: FixtureSettings
    var loss: [Double]
    var gradNorm: [Double]
    var row: [Int32]
    var logProbabilities: [Double]
    var greedy: [Greedy]
  }

  enum Case: String, CaseIterable, CustomTestStringConvertible {
    case prefix
    case prefixProjection = "prefix-projection"
    case mlp = "p-tuning-mlp"
    case lstm = "p-tuning-lstm"
    case prompt
    case tokens
    case tiedTokens = "tokens-tied"

    var testDescription: String { rawValue }

    func model() throws -> LanguageModel {
      self == .tiedTokens ? try LanguageModel(folder: Fixture.url("prompts/tied")) : try Fixture.model()
    }

    func newAdapter(_ model: LanguageModel) throws -> Adapter {
      func prompt(
        _ method: PromptConfiguration.Method, _ encoder: PromptConfiguration.Encoder = .none, _ width: Int? = nil
      )
        -> Adapter
      {
        Adapter(
          PromptConfiguration(method, count: 5, encoder: encoder, encoderWidth: width), model: model, seed: 1)
      }
      let tokens = [2, 201, 87]
      return switch self {
      case .prefix: prompt(.prefix)
      case .prefixProjection: prompt(.prefix, .projection, 12)
      case .mlp: prompt(.encodedPrompt, .mlp, 12)
      case .lstm: prompt(.encodedPrompt, .lstm, 6)
      case .prompt: prompt(.prompt)
      case .tokens:
        try Adapter(AdapterConfiguration(targets: .modules([]), trainedTokens: tokens), model: model, seed: 1)
      case .tiedTokens:
        try Adapter(
          AdapterConfiguration(rank: 2, alpha: 4, targets: .modules(["q_proj", "down_proj"]), trainedTokens: tokens),
          model: model, seed: 1)
      }
    }

    func file(_ name: String) -> URL { Fixture.url("prompts/\(rawValue)/\(name)") }
  }

  /// The fixture's tensor of a parameter; rows alone have another name than rows beside deltas.
  private func value(_ parameter: Parameter, _ file: SafetensorsFile) throws -> Tensor {
    let name =
      file.names.contains(parameter.name)
      ? parameter.name : parameter.name.replacingOccurrences(of: "token_adapter.", with: "")
    return try file.tensor(name, shape: parameter.value.shape)
  }

  /// ‖a - b‖ / ‖b‖
  private func relativeDistance(_ a: [Float], _ b: [Float]) -> Double {
    let difference = zip(a, b).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    return (difference / b.reduce(0) { $0 + Double($1 * $1) }).squareRoot()
  }

  @Test(arguments: Case.allCases, [false, true]) func trainingFollowsPEFT(kind: Case, recomputes: Bool) throws {
    let expected = try Fixture.decode(Expected.self, "prompts/\(kind.rawValue)/result.json")
    let model = try kind.model()
    let adapter = try kind.newAdapter(model)
    let start = try SafetensorsFile(kind.file("start.safetensors"))
    #expect(adapter.parameters.count == start.names.count)
    for parameter in adapter.parameters { parameter.value.copy(from: try value(parameter, start)) }
    let recorder = ListRecorder()
    var loop = expected.settings.loop
    loop.recomputes = recomputes
    let trainer = try SupervisedTrainer(
      role: Role(model, adapter), rows: try Fixture.decode(SupervisedSteps.self, "sft.json").trainingRows,
      options: SupervisedOptions(optimizer: expected.settings.optimizer, loop: loop),
      context: TrainingContext(recorder: recorder))
    _ = try trainer.train()
    expectClose(recorder.reports.map(\.loss), expected.loss, 2e-5, "loss")
    expectClose(recorder.reports.map(\.gradientNorm), expected.gradNorm, 2e-4, "gradient norm")
    let final = try SafetensorsFile(kind.file("final.safetensors"))
    for parameter in adapter.parameters {
      let wanted = try value(parameter, final)
      let distance = relativeDistance(parameter.value.toArray(), wanted.toArray())
      #expect(distance < 1e-3, "\(parameter.name): \(distance)")
    }
  }

  @Test(arguments: Case.allCases) func savedAdaptersOpen(kind: Case) throws {
    let expected = try Fixture.decode(Expected.self, "prompts/\(kind.rawValue)/result.json")
    let model = try kind.model()
    let opened = try Adapter(folder: kind.file("").standardizedFileURL, model: model)
    try expectSame(Role(model, opened), expected)
    try withTemporaryFolder { folder in
      try opened.save(to: folder)
      try expectSame(Role(model, Adapter(folder: folder, model: model)), expected)
    }
  }

  private func expectSame(_ role: Role, _ expected: Expected) throws {
    let tape = Tape(recording: false, workspace: Workspace())
    var batch = PackedBatch()
    batch.append(expected.row)
    let targets = (1..<expected.row.count).map { Target(row: $0 - 1, token: expected.row[$0]) }
    let values = role.hiddenStates(batch, tape: tape).logProbabilities(targets).values
    expectClose(values.map(Double.init), expected.logProbabilities, 1e-5, "log-probabilities")
    let answers = Generator(role).generate(
      expected.greedy.map(\.prompt), options: SamplingOptions(maximumNewTokens: 12, temperature: 0))
    #expect(answers.map(\.sampled) == expected.greedy.map(\.answer))
  }
}
