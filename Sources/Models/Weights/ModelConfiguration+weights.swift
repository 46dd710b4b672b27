import Tensors

/// One weight of a model: what it is called, its shape, and what it may be rounded to.
public struct WeightDescription: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// The embedding and the output matrix.
    case table
    /// The matrix of a linear layer.
    case linear
    /// A norm or a bias, always f32.
    case vector
  }

  /// Its Hugging Face name.
  public var name: String
  /// [outputs, inputs], or one size.
  public var shape: [Int]
  public var kind: Kind

  public var rows: Int { shape.count > 1 ? shape[0] : 1 }
  public var columns: Int { shape[shape.count - 1] }

  /// What it is kept as in a model of a format: a matrix whose width the format cannot divide stays f32.
  public func format(in format: WeightFormat) -> WeightFormat {
    let wanted: WeightFormat =
      switch kind {
      case .table: format.ofEmbeddings
      case .linear: format
      case .vector: .f32
      }
    return columns % wanted.columnMultiple == 0 ? wanted : .f32
  }
}

extension ModelConfiguration {
  /// Bytes that the weights of a model of this shape take in memory.
  public func weightBytes(_ format: WeightFormat) -> Int {
    weights.reduce(0) { $0 + $1.format(in: format).byteCount(rows: $1.rows, columns: $1.columns) }
  }

  /// Every weight of a model of this shape, in the order of the network.
  public var weights: [WeightDescription] {
    let (queryWidth, keyWidth) = (headCount * headSize, keyValueHeadCount * headSize)
    var all = [WeightDescription(name: "model.embed_tokens.weight", shape: [vocabularySize, hiddenSize], kind: .table)]
    func vector(_ name: String, _ size: Int) { all.append(WeightDescription(name: name, shape: [size], kind: .vector)) }
    func linear(_ name: String, _ outputs: Int, _ inputs: Int, bias: Bool) {
      all.append(WeightDescription(name: name + ".weight", shape: [outputs, inputs], kind: .linear))
      if bias { vector(name + ".bias", outputs) }
    }
    for index in 0..<layerCount {
      let path = "model.layers.\(index)."
      vector(path + "input_layernorm.weight", hiddenSize)
      linear(path + "self_attn.q_proj", queryWidth, hiddenSize, bias: attentionBias)
      linear(path + "self_attn.k_proj", keyWidth, hiddenSize, bias: attentionBias)
      linear(path + "self_attn.v_proj", keyWidth, hiddenSize, bias: attentionBias)
      linear(path + "self_attn.o_proj", hiddenSize, queryWidth, bias: attentionBias)
      vector(path + "post_attention_layernorm.weight", hiddenSize)
      linear(path + "mlp.gate_proj", intermediateSize, hiddenSize, bias: feedForwardBias)
      linear(path + "mlp.up_proj", intermediateSize, hiddenSize, bias: feedForwardBias)
      linear(path + "mlp.down_proj", hiddenSize, intermediateSize, bias: feedForwardBias)
    }
    vector("model.norm.weight", hiddenSize)
    if !tiesEmbeddings {
      all.append(WeightDescription(name: "lm_head.weight", shape: [vocabularySize, hiddenSize], kind: .table))
    }
    return all
  }
}
