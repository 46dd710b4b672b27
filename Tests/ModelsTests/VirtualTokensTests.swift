import Foundation
import Models
import Tensors
import Testing

/// Virtual tokens and trained token rows: what they compute, and their gradients.
@Suite struct VirtualTokensTests {
  enum Kind: String, CaseIterable {
    case prefix, projection, mlp, lstm, prompt, tokens

    func adapter(_ model: LanguageModel, scoreHead: Bool = false) throws -> Adapter {
      func prompt(
        _ method: PromptConfiguration.Method, _ encoder: PromptConfiguration.Encoder, start: PromptStart = .random
      ) -> Adapter {
        Adapter(
          PromptConfiguration(method, count: 4, encoder: encoder, encoderWidth: encoder == .none ? nil : 6),
          model: model, seed: 5, start: start, scoreHead: scoreHead)
      }
      return switch self {
      case .prefix: prompt(.prefix, .none, start: .tokens([5, 9]))
      case .projection: prompt(.prefix, .projection)
      case .mlp: prompt(.encodedPrompt, .mlp)
      case .lstm: prompt(.encodedPrompt, .lstm)
      case .prompt: prompt(.prompt, .none, start: .tokens([7, 8, 9, 10, 11]))
      case .tokens:
        try Adapter(
          AdapterConfiguration(targets: .modules([]), trainedTokens: [50, 2]), model: model, seed: 3,
          scoreHead: scoreHead)
      }
    }
  }

  private static func model(_ name: String = "tiny-tied") throws -> LanguageModel {
    try LanguageModel(folder: ParityFixtures.folder.appendingPathComponent(name))
  }

  private let prompt: [Int32] = [1, 87, 85, 50]
  private let answers: [[Int32]] = [[50, 60, 2], [70, 50, 52, 2, 33]]

  /// Summed log-probabilities of the answers, which share their prompt in one stream.
  private func tree(_ role: Role, recording: Bool = false, recomputes: Bool = false) -> [Float] {
    let tape = Tape(recording: recording, recomputesBlocks: recomputes, workspace: Workspace())
    var batch = PackedBatch()
    let root = batch.append(prompt)
    var targets: [Target] = []
    for answer in answers {
      var row = prompt.count - 1
      let start = batch.count
      batch.append(answer, parent: root)
      for (index, token) in answer.enumerated() {
        targets.append(Target(row: row, token: token))
        row = start + index
      }
    }
    let output = role.hiddenStates(batch, tape: tape).logProbabilities(targets)
    if recording {
      output.setGradient([Float](repeating: 1, count: targets.count))
      tape.backward()
    }
    let ends = [answers[0].count, targets.count]
    return [output.values[..<ends[0]].reduce(0, +), output.values[ends[0]...].reduce(0, +)]
  }

  private func alone(_ role: Role, _ answer: [Int32]) -> Float {
    var batch = PackedBatch()
    batch.append(prompt + answer)
    let targets = answer.enumerated().map { Target(row: prompt.count - 1 + $0.offset, token: $0.element) }
    let tape = Tape(recording: false, workspace: Workspace())
    return role.hiddenStates(batch, tape: tape).logProbabilities(targets).values.reduce(0, +)
  }

  @Test(arguments: Kind.allCases) func answersThatShareAPromptAreWhatTheyAreAlone(kind: Kind) throws {
    let model = try Self.model()
    let role = Role(model, try kind.adapter(model))
    for (together, answer) in zip(tree(role), answers) { #expect(abs(together - alone(role, answer)) < 2e-4) }
  }

  @Test func aRealPrefixIsWhatTheModelComputesForIt() throws {
    let model = try Self.model()
    let tokens: [Int32] = [5, 9, 11, 40]
    let adapter = Adapter(
      PromptConfiguration(.prefix, count: 4), model: model, seed: 0, start: .tokens(tokens))
    let text: [Int32] = [87, 85, 50, 60, 2]
    func logits(_ role: Role, _ sequence: [Int32]) -> [Float] {
      var batch = PackedBatch()
      batch.append(sequence)
      let tape = Tape(recording: false, workspace: Workspace())
      return role.hiddenStates(batch, tape: tape).logits(rows: [sequence.count - 1])[0]
    }
    for (a, b) in zip(logits(Role(model, adapter), text), logits(Role(model), tokens + text)) {
      #expect(abs(a - b) < 1e-4)
    }
  }

  @Test(arguments: Kind.allCases) func gradientsAreThoseOfFiniteDifferences(kind: Kind) throws {
    let model = try Self.model()
    let adapter = try kind.adapter(model)
    let role = Role(model, adapter)
    _ = tree(role, recording: true)
    let step: Float = 2e-3
    for parameter in adapter.parameters {
      let count = parameter.value.count
      for index in Set([0, count / 3, count / 2, count - 1]) {
        let before = parameter.value.data[index]
        parameter.value.data[index] = before + step
        let above = tree(role).reduce(0, +)
        parameter.value.data[index] = before - step
        let below = tree(role).reduce(0, +)
        parameter.value.data[index] = before
        let expected = (above - below) / (2 * step)
        let gradient = parameter.gradient.data[index]
        #expect(
          abs(gradient - expected) < 6e-3 + 0.02 * abs(expected),
          "\(kind) \(parameter.name)[\(index)]: \(gradient), \(expected)")
      }
    }
  }

  @Test(arguments: Kind.allCases) func recomputedBlocksGiveTheSameBits(kind: Kind) throws {
    func gradients(_ recomputes: Bool) throws -> [[UInt32]] {
      let model = try Self.model()
      let adapter = try kind.adapter(model)
      _ = tree(Role(model, adapter), recording: true, recomputes: recomputes)
      return adapter.parameters.map { $0.gradient.toArray().map(\.bitPattern) }
    }
    #expect(try gradients(false) == gradients(true))
  }

  @Test(arguments: Kind.allCases) func scoreHeadsAreSavedAndOpened(kind: Kind) throws {
    let model = try Self.model("tiny")
    let adapter = try kind.adapter(model, scoreHead: true)
    func score(_ adapter: Adapter) -> Float {
      var batch = PackedBatch()
      batch.append(prompt)
      let tape = Tape(recording: false, workspace: Workspace())
      return Role(model, adapter).hiddenStates(batch, tape: tape).scores(rows: [prompt.count - 1]).values[0]
    }
    try Files.inTemporaryFolder { folder in
      try adapter.save(to: folder)
      #expect(try score(Adapter(folder: folder, model: model)) == score(adapter))
      let trained = try Adapter(folder: folder, model: model, trainsEncoder: true)
      #expect(trained.parameters.map(\.name) == adapter.parameters.map(\.name))
      #expect(try score(trained.copy(model: model)) == score(adapter))
    }
  }

  @Test func virtualTokensTakePositions() throws {
    let model = try Self.model()
    let role = Role(model, try Kind.prefix.adapter(model))
    #expect(role.maximumPositions == model.configuration.maximumPositions - 4)
    let options = SamplingOptions(maximumNewTokens: 10_000, temperature: 0)
    let answer = Generator(role).generate([prompt], options: options)[0]
    #expect(prompt.count + answer.sampled.count <= role.maximumPositions + 1)
  }
}
