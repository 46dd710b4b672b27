import Foundation
import Tensors

/// A causal language model's base weights: one copy, shared by every role.
public final class LanguageModel: @unchecked Sendable {
  public let configuration: ModelConfiguration
  let embedding: WeightMatrix
  let blocks: [Block]
  let finalNorm: Parameter
  /// The output matrix [V, C]; the embedding itself when the two are tied.
  let head: WeightMatrix
  let rotary: RotaryTable
  let attention: Attention
  /// Every dense base weight under its Hugging Face name, in the order of the network.
  public let parameters: [Parameter]
  /// How the linear layers are kept; embeddings are kept in `format.ofEmbeddings`.
  public let format: WeightFormat

  /// - Parameters:
  ///   - format: what weights are rounded to once read; a matrix whose width it cannot divide stays f32.
  ///   - weight: the value for a name and shape; it may be mapped memory.
  ///   - done: called with a weight's name once it has been rounded and its value is no longer needed.
  /// - Throws: what `weight` throws.
  init(
    configuration: ModelConfiguration, format: WeightFormat = .f32,
    weight: (_ name: String, _ shape: [Int]) throws -> Parameter, done: (_ name: String) -> Void = { _ in }
  ) rethrows {
    let c = configuration
    var all: [Parameter] = []
    func parameter(_ name: String, _ shape: [Int]) throws -> Parameter {
      let made = try weight(name, shape)
      all.append(made)
      return made
    }
    func matrix(_ name: String, _ rows: Int, _ columns: Int, _ format: WeightFormat) throws -> WeightMatrix {
      guard format != .f32 && columns % format.columnMultiple == 0 else {
        return .dense(try parameter(name, [rows, columns]))
      }
      let quantized = QuantizedMatrix(try weight(name, [rows, columns]).value, format: format)
      done(name)
      return .quantized(quantized)
    }
    func linear(_ name: String, _ outputs: Int, _ inputs: Int, bias: Bool) throws -> Linear {
      Linear(
        name: name, weight: try matrix(name + ".weight", outputs, inputs, format),
        bias: bias ? try parameter(name + ".bias", [outputs]) : nil)
    }
    self.format = format
    let queryWidth = c.headCount * c.headSize
    let keyWidth = c.keyValueHeadCount * c.headSize
    embedding = try matrix("model.embed_tokens.weight", c.vocabularySize, c.hiddenSize, format.ofEmbeddings)
    blocks = try (0..<c.layerCount).map { index in
      let path = "model.layers.\(index)."
      return Block(
        attentionNorm: try parameter(path + "input_layernorm.weight", [c.hiddenSize]),
        query: try linear(path + "self_attn.q_proj", queryWidth, c.hiddenSize, bias: c.attentionBias),
        key: try linear(path + "self_attn.k_proj", keyWidth, c.hiddenSize, bias: c.attentionBias),
        value: try linear(path + "self_attn.v_proj", keyWidth, c.hiddenSize, bias: c.attentionBias),
        output: try linear(path + "self_attn.o_proj", c.hiddenSize, queryWidth, bias: c.attentionBias),
        feedForwardNorm: try parameter(path + "post_attention_layernorm.weight", [c.hiddenSize]),
        gate: try linear(path + "mlp.gate_proj", c.intermediateSize, c.hiddenSize, bias: c.feedForwardBias),
        up: try linear(path + "mlp.up_proj", c.intermediateSize, c.hiddenSize, bias: c.feedForwardBias),
        down: try linear(path + "mlp.down_proj", c.hiddenSize, c.intermediateSize, bias: c.feedForwardBias))
    }
    finalNorm = try parameter("model.norm.weight", [c.hiddenSize])
    head =
      c.tiesEmbeddings
      ? embedding : try matrix("lm_head.weight", c.vocabularySize, c.hiddenSize, format.ofEmbeddings)
    rotary = RotaryTable(headSize: c.headSize, theta: c.ropeTheta, positions: c.maximumPositions)
    attention = Attention(heads: c.headCount, keyHeads: c.keyValueHeadCount, headSize: c.headSize)
    parameters = all
    self.configuration = configuration
  }

  /// Linear layers by module path, the ones that an adapter may target.
  var linears: [Linear] { blocks.flatMap(\.linears) }

  /// Paths of the layers that an adapter may target, in the order of the network.
  public var linearNames: [String] { linears.map(\.name) }

  /// Bytes that the weights take in the form they are kept in.
  public var weightBytes: Int {
    let matrices = [embedding] + linears.map(\.weight) + (configuration.tiesEmbeddings ? [] : [head])
    let rounded = matrices.reduce(0) { sum, matrix in
      if case .quantized(let quantized) = matrix { sum + quantized.byteCount } else { sum }
    }
    return parameters.reduce(rounded) { $0 + $1.value.count * MemoryLayout<Float>.size }
  }

  /// Whether the base itself is trained (full fine-tuning). Gradient memory is taken when first needed.
  public var isTrainable: Bool {
    get { parameters.contains(where: \.isTrainable) }
    set {
      for parameter in parameters {
        parameter.isTrainable = newValue
        if newValue { parameter.makeWritable() } else { parameter.dropGradient() }
      }
    }
  }
}
