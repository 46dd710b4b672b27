import Foundation
import Tensors

/// What new virtual tokens are like.
public enum PromptStart: Sendable, Hashable {
  /// N(0, 1), as in PEFT.
  case random
  /// Virtual tokens that change as little as they can: zeros.
  case zero
  /// A real prefix: the embeddings of these tokens, or the keys and values that the model computes for them. They are
  /// repeated or cut to the number of virtual tokens.
  case tokens([Int32])
}

extension PromptConfiguration {
  /// Numbers of elements of what is trained.
  public func parameterCounts(_ model: ModelConfiguration) -> [Int] {
    makeEncoder(model) { name, shape in Parameter(name: name, value: .zeros(shape)) }.parameters.map(\.value.count)
  }

  /// The encoder with parameters from `weight`, under the names that they have in PEFT's `prompt_encoder`.
  func makeEncoder(
    _ model: ModelConfiguration, weight: (_ name: String, _ shape: [Int]) throws -> Parameter
  ) rethrows -> any PromptEncoder {
    let (token, width) = (tokenWidth(model), width(model))
    let hidden = encoderWidth ?? token
    func dense(_ name: String, _ outputs: Int, _ inputs: Int) throws -> DenseLayer {
      DenseLayer(weight: try weight(name + ".weight", [outputs, inputs]), bias: try weight(name + ".bias", [outputs]))
    }
    func direction(_ layer: Int, _ inputs: Int, isReversed: Bool) throws -> BidirectionalLSTM.Direction {
      let end = "_l\(layer)" + (isReversed ? "_reverse" : "")
      return .init(
        inputWeight: try weight("lstm_head.weight_ih" + end, [4 * hidden, inputs]),
        stateWeight: try weight("lstm_head.weight_hh" + end, [4 * hidden, hidden]),
        inputBias: try weight("lstm_head.bias_ih" + end, [4 * hidden]),
        stateBias: try weight("lstm_head.bias_hh" + end, [4 * hidden]), isReversed: isReversed)
    }
    if encoder == .none { return DirectPrompt(embedding: try weight("embedding.weight", [count, width])) }
    let embedding = try weight("embedding.weight", [count, token])
    var layers: [any PromptLayer]
    switch encoder {
    case .none: layers = []
    case .projection:
      layers = [try dense("transform.0", hidden, token), Activation.tanh, try dense("transform.2", width, hidden)]
    case .mlp:
      layers = [
        try dense("mlp_head.0", hidden, token), Activation.relu, try dense("mlp_head.2", hidden, hidden),
        Activation.relu, try dense("mlp_head.4", width, hidden),
      ]
    case .lstm:
      layers = try (0..<encoderLayers).map { layer in
        let inputs = layer == 0 ? token : 2 * hidden
        return BidirectionalLSTM(directions: [
          try direction(layer, inputs, isReversed: false), try direction(layer, inputs, isReversed: true),
        ])
      }
      layers += [
        try dense("mlp_head.0", 2 * hidden, 2 * hidden), Activation.relu, try dense("mlp_head.2", width, 2 * hidden),
      ]
    }
    return EncodedPrompt(embedding: embedding, layers: layers)
  }
}

extension Adapter {
  /// New virtual tokens, and for reward and value roles a score head.
  ///
  /// Encoders start as PyTorch starts their layers: embeddings N(0, 1), the rest U(±1/√inputs), an LSTM U(±1/√hidden).
  /// - Parameter start: for virtual tokens without an encoder.
  public convenience init(
    _ configuration: PromptConfiguration, model: LanguageModel, seed: UInt64, start: PromptStart = .random,
    scoreHead: Bool = false
  ) {
    let shape = [configuration.count, configuration.width(model.configuration)]
    let given = configuration.encoder == .none ? start.values(shape, configuration, model: model) : nil
    let hidden = configuration.encoderWidth ?? configuration.tokenWidth(model.configuration)
    var inputs = 1
    let encoder = configuration.makeEncoder(model.configuration) { name, shape in
      if name == "embedding.weight" {
        let value = given ?? .zeros(shape)
        if given == nil { value.fillNormal(deviation: 1, seed: seed, purpose: name) }
        return Parameter(name: name, value: value)
      }
      // A bias is drawn like the weight before it.
      if shape.count > 1 { inputs = shape[1] }
      let bound = 1 / Float(name.hasPrefix("lstm") ? hidden : inputs).squareRoot()
      let value = Tensor.zeros(shape)
      var generator = CounterGenerator(seed: seed, purpose: name)
      for index in 0..<value.count { value.data[index] = (generator.nextUniform() * 2 - 1) * bound }
      return Parameter(name: name, value: value)
    }
    var head: Parameter?
    if scoreHead {
      let value = Tensor.zeros([1, model.configuration.hiddenSize])
      value.fillNormal(deviation: 0.02, seed: seed, purpose: AdapterTensorName.score)
      head = Parameter(name: AdapterTensorName.promptScore, value: value)
    }
    self.init(configuration, encoder: encoder, model: model.configuration, scoreHead: head)
  }
}

extension PromptStart {
  /// Virtual tokens [n, width]; nil for random ones.
  fileprivate func values(_ shape: [Int], _ configuration: PromptConfiguration, model: LanguageModel) -> Tensor? {
    switch self {
    case .random: return nil
    case .zero: return .zeros(shape)
    case .tokens(let tokens):
      precondition(!tokens.isEmpty, "a prefix of no tokens")
      precondition(shape[0] <= model.configuration.maximumPositions, "\(shape[0]) virtual tokens are too many")
      let repeated = (0..<shape[0]).map { tokens[$0 % tokens.count] }
      let value = Tensor.zeros(shape)
      guard configuration.method == .prefix else {
        model.embedding.gather(value, rows: repeated.map(Int.init))
        return value
      }
      let workspace = Workspace()
      var batch = PackedBatch()
      batch.append(repeated)
      let width = configuration.tokenWidth(model.configuration)
      _ = Role(model).hiddenStates(batch, tape: Tape(recording: false, workspace: workspace)) { layer, keys, values in
        for row in 0..<shape[0] {
          (value.row(row) + 2 * layer * width).update(from: keys.row(row), count: width)
          (value.row(row) + (2 * layer + 1) * width).update(from: values.row(row), count: width)
        }
      }
      return value
    }
  }
}
