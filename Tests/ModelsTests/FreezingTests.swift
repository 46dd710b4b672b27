import Models
import Tensors
import Testing

/// Weights that patterns leave out of training.
@Suite struct FreezingTests {
  private let workspace = Workspace(capacity: 64 << 20)

  private func gradients(_ name: String, freezing patterns: [String]) throws -> [String: [Float]] {
    let role = try ParityFixtures.role(name)
    try role.model.train(freezing: patterns)
    var batch = PackedBatch()
    batch.append([1, 87, 85, 40, 50, 60, 2])
    batch.append([1, 12, 13, 2])
    let targets = [Target(row: 3, token: 50), Target(row: 5, token: 2), Target(row: 9, token: 2)]
    let tape = Tape(workspace: workspace)
    _ = role.hiddenStates(batch, tape: tape).crossEntropy(targets, weights: [1, 0.5, 2])
    tape.backward()
    tape.finish()
    #expect(role.model.parameters.allSatisfy { $0.isTrainable || !$0.hasGradient })
    return Dictionary(
      uniqueKeysWithValues: role.model.parameters.filter(\.isTrainable).map { ($0.name, $0.gradient.toArray()) })
  }

  private static let patterns: [[String]] = [
    ["model.embed_tokens.*"], ["*.mlp.*"], ["*.self_attn.*", "model.embed_tokens.*"], ["*norm*"],
    ["model.embed_tokens.*", "model.layers.0.*"],
    ["model.embed_tokens.*", "model.layers.0.self_attn.*", "model.layers.0.input_layernorm.*"],
    ["model.layers.?.*"], ["model.embed_tokens.*", "model.layers.*"],
  ]

  /// The weights that are trained get the bits of the gradient that they get when all are.
  @Test(arguments: ["tiny", "tiny-tied"], patterns) func gradientsAreThoseOfFullTraining(
    name: String, patterns: [String]
  ) throws {
    let all = try gradients(name, freezing: [])
    let some = try gradients(name, freezing: patterns)
    #expect(!some.isEmpty && some.count < all.count)
    for (name, gradient) in some {
      #expect(gradient == all[name], "\(name)")
      #expect(gradient.contains { $0 != 0 }, "\(name)")
    }
  }

  @Test func patternsThatMatchNothingOrAllAreRefused() throws {
    let model = try ParityFixtures.role("tiny-tied").model
    let missing = #expect(throws: ModelError.self) { try model.train(freezing: ["*norm*", "lm_head.*"]) }
    #expect(missing?.description.contains("lm_head.* matches no weight") == true)
    #expect(missing?.description.contains("model.embed_tokens.weight") == true)
    let all = #expect(throws: ModelError.self) { try model.train(freezing: ["model.*"]) }
    #expect(all?.description.contains("leaves no weight to train") == true)
    #expect(!model.isTrainable)
  }

  @Test(arguments: ["tiny", "tiny-tied"]) func shapesAreThoseOfTheModel(name: String) throws {
    let model = try ParityFixtures.role(name).model
    #expect(model.configuration.weights.map(\.name) == model.parameters.map(\.name))
    #expect(model.configuration.weights.map(\.shape) == model.parameters.map(\.value.shape))
    #expect(model.configuration.weightBytes(.f32) == model.weightBytes)
    for format in WeightFormat.allCases {
      let rounded = try LanguageModel(rounding: OpenedWeights(model), to: format)
      let difference = abs(model.configuration.weightBytes(format) - rounded.weightBytes)
      // Memory of quantised scales is a little larger where blocks are not whole.
      #expect(Double(difference) < 0.03 * Double(rounded.weightBytes), "\(format)")
    }
  }
}
