import Tensors

extension ModelConfiguration {
  /// Every weight's Hugging Face name and shape, in the order of the network.
  public var parameterShapes: [(name: String, shape: [Int])] {
    let (queries, keys) = (headCount * headSize, keyValueHeadCount * headSize)
    func linear(_ name: String, _ outputs: Int, _ inputs: Int, bias: Bool) -> [(name: String, shape: [Int])] {
      [(name + ".weight", [outputs, inputs])] + (bias ? [(name + ".bias", [outputs])] : [])
    }
    var all: [(name: String, shape: [Int])] = [("model.embed_tokens.weight", [vocabularySize, hiddenSize])]
    for index in 0..<layerCount {
      let path = "model.layers.\(index)."
      all.append((path + "input_layernorm.weight", [hiddenSize]))
      all += linear(path + "self_attn.q_proj", queries, hiddenSize, bias: attentionBias)
      all += linear(path + "self_attn.k_proj", keys, hiddenSize, bias: attentionBias)
      all += linear(path + "self_attn.v_proj", keys, hiddenSize, bias: attentionBias)
      all += linear(path + "self_attn.o_proj", hiddenSize, queries, bias: attentionBias)
      all.append((path + "post_attention_layernorm.weight", [hiddenSize]))
      all += linear(path + "mlp.gate_proj", intermediateSize, hiddenSize, bias: feedForwardBias)
      all += linear(path + "mlp.up_proj", intermediateSize, hiddenSize, bias: feedForwardBias)
      all += linear(path + "mlp.down_proj", hiddenSize, intermediateSize, bias: feedForwardBias)
    }
    all.append(("model.norm.weight", [hiddenSize]))
    if !tiesEmbeddings { all.append(("lm_head.weight", [vocabularySize, hiddenSize])) }
    return all
  }
}

extension ModelConfiguration {
  /// Bytes that the weights of a model of this shape take in memory.
  public func weightBytes(_ format: WeightFormat) -> Int {
    parameterShapes.reduce(0) { sum, weight in
      guard weight.shape.count == 2 else { return sum + 4 * weight.shape[0] }
      let isEmbedding = weight.name == "model.embed_tokens.weight" || weight.name == "lm_head.weight"
      let kept = isEmbedding ? format.ofEmbeddings : format
      return sum + kept.byteCount(rows: weight.shape[0], columns: weight.shape[1])
    }
  }
}
