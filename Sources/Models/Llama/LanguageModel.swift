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
  /// How the linear layers are kept; embeddings as the file has them, or in `format.ofEmbeddings` once rounded here.
  public let format: WeightFormat

  /// - Parameters:
  ///   - format: what linear layers are kept in, where their width allows it.
  ///   - weight: the matrix, or the vector as a dense matrix, of a description; it may be mapped memory.
  /// - Throws: what `weight` throws.
  init(
    configuration: ModelConfiguration, format: WeightFormat, weight: (WeightDescription) throws -> WeightMatrix
  ) rethrows {
    let c = configuration
    var all: [Parameter] = []
    var made: [String: WeightMatrix] = [:]
    for description in c.weights {
      let matrix = try weight(description)
      made[description.name] = matrix
      if let parameter = matrix.parameter { all.append(parameter) }
    }
    func matrix(_ name: String) -> WeightMatrix { made[name]! }
    func parameter(_ name: String) -> Parameter { made[name]!.parameter! }
    func linear(_ name: String, bias: Bool) -> Linear {
      Linear(name: name, weight: matrix(name + ".weight"), bias: bias ? parameter(name + ".bias") : nil)
    }
    self.format = format
    embedding = matrix("model.embed_tokens.weight")
    blocks = (0..<c.layerCount).map { index in
      let path = "model.layers.\(index)."
      return Block(
        attentionNorm: parameter(path + "input_layernorm.weight"),
        query: linear(path + "self_attn.q_proj", bias: c.attentionBias),
        key: linear(path + "self_attn.k_proj", bias: c.attentionBias),
        value: linear(path + "self_attn.v_proj", bias: c.attentionBias),
        output: linear(path + "self_attn.o_proj", bias: c.attentionBias),
        feedForwardNorm: parameter(path + "post_attention_layernorm.weight"),
        gate: linear(path + "mlp.gate_proj", bias: c.feedForwardBias),
        up: linear(path + "mlp.up_proj", bias: c.feedForwardBias),
        down: linear(path + "mlp.down_proj", bias: c.feedForwardBias))
    }
    finalNorm = parameter("model.norm.weight")
    head = c.tiesEmbeddings ? embedding : matrix("lm_head.weight")
    rotary = RotaryTable(headSize: c.headSize, theta: c.ropeTheta, positions: c.maximumPositions)
    attention = Attention(heads: c.headCount, keyHeads: c.keyValueHeadCount, headSize: c.headSize)
    parameters = all
    self.configuration = configuration
  }

  /// Linear layers by module path, the ones that an adapter may target.
  var linears: [Linear] { blocks.flatMap(\.linears) }

  /// Paths of the layers that an adapter may target, in the order of the network.
  public var linearNames: [String] { linears.map(\.name) }

  /// Every matrix by its Hugging Face name.
  var matrices: [(String, WeightMatrix)] {
    [("model.embed_tokens.weight", embedding)] + linears.map { ($0.name + ".weight", $0.weight) }
      + (configuration.tiesEmbeddings ? [] : [("lm_head.weight", head)])
  }

  /// Bytes that the weights take in the form they are kept in.
  public var weightBytes: Int {
    let rounded = matrices.reduce(0) { sum, matrix in
      if case .quantized(let quantized) = matrix.1 { sum + quantized.byteCount } else { sum }
    }
    return parameters.reduce(rounded) { $0 + $1.value.count * MemoryLayout<Float>.size }
  }

  /// Copies weights that are mapped f32 into memory of their own: in huge pages one answer at a time is written a tenth
  /// faster, but unlike a file's pages they cannot be dropped when memory runs short.
  public func leaveFiles() {
    for parameter in parameters { parameter.makeWritable() }
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
