import Foundation
import Tensors

/// A causal language model's base weights: one copy, shared by every role.
public final class LanguageModel: @unchecked Sendable {
  public let configuration: ModelConfiguration
  let embedding: Parameter
  let blocks: [Block]
  let finalNorm: Parameter
  /// The output matrix [V, C]; the embedding itself when the two are tied.
  let head: Parameter
  let rotary: RotaryTable
  let attention: Attention
  /// Every base weight under its Hugging Face name, in the order of the network.
  public let parameters: [Parameter]

  /// - Parameter weight: the value for a name and shape; it may be mapped memory.
  /// - Throws: what `weight` throws.
  init(
    configuration: ModelConfiguration, weight: (_ name: String, _ shape: [Int]) throws -> Parameter
  ) rethrows {
    let c = configuration
    var all: [Parameter] = []
    func parameter(_ name: String, _ shape: [Int]) throws -> Parameter {
      let made = try weight(name, shape)
      all.append(made)
      return made
    }
    func linear(_ name: String, _ outputs: Int, _ inputs: Int, bias: Bool) throws -> Linear {
      Linear(
        name: name, weight: try parameter(name + ".weight", [outputs, inputs]),
        bias: bias ? try parameter(name + ".bias", [outputs]) : nil)
    }
    let queryWidth = c.headCount * c.headSize
    let keyWidth = c.keyValueHeadCount * c.headSize
    embedding = try parameter("model.embed_tokens.weight", [c.vocabularySize, c.hiddenSize])
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
    head = c.tiesEmbeddings ? embedding : try parameter("lm_head.weight", [c.vocabularySize, c.hiddenSize])
    rotary = RotaryTable(headSize: c.headSize, theta: c.ropeTheta, positions: c.maximumPositions)
    attention = Attention(heads: c.headCount, keyHeads: c.keyValueHeadCount, headSize: c.headSize)
    parameters = all
    self.configuration = configuration
  }

  /// Linear layers by module path, the ones that an adapter may target.
  var linears: [Linear] { blocks.flatMap(\.linears) }

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
