import Models
import Tensors

/// What a model's passes need of a machine: operations, and bytes that must come from memory.
package struct ModelCost {
  package struct Need {
    package var operations = 0.0
    package var bytes = 0.0
  }

  let configuration: ModelConfiguration
  /// Of the form that the weights are read in.
  let bytesPerWeight: Double

  package init(configuration: ModelConfiguration, bytesPerWeight: Double = Double(MemoryLayout<Float>.size)) {
    self.configuration = configuration
    self.bytesPerWeight = bytesPerWeight
  }

  /// Of a model whose weights are frozen.
  init(role: Role, precision: MatmulPrecision) {
    let pass = PassMemory(
      PassShape(role), tokens: 1, targets: 1, longest: 1, loss: .crossEntropy, precision: precision)
    // What is packed is packed for both directions.
    let packed = role.model.format == .f32 ? pass.packedWeightBytes / 2 : 0
    self.init(
      configuration: role.model.configuration,
      bytesPerWeight: Double(packed > 0 ? packed : role.model.weightBytes)
        / Double(role.model.configuration.parameterCount))
  }

  private var queryWidth: Int { configuration.headCount * configuration.headSize }
  private var keyWidth: Int { configuration.keyValueHeadCount * configuration.headSize }

  /// Multiplications of one token in the blocks' linear layers, and with the output matrix: one for each weight.
  private var linearWeights: Double {
    let c = configuration
    return Double(c.layerCount * (2 * c.hiddenSize * (queryWidth + keyWidth) + 3 * c.hiddenSize * c.intermediateSize))
  }
  private var headWeights: Double { Double(configuration.hiddenSize * configuration.vocabularySize) }

  /// One pass over a prompt, with logits of its last token, which alone goes through the end of the last block.
  package func reading(tokens: Int) -> Need {
    let meetings = Double(tokens) * Double(tokens + 1) / 2
    let unread = Double(configuration.weightsAfterAttention * (tokens - 1))
    return Need(
      operations: 2 * (linearWeights * Double(tokens) - unread + headWeights + attention(meetings)),
      bytes: (linearWeights + headWeights) * bytesPerWeight)
  }

  /// Answers that continue a prompt of `prompt` tokens by `steps` tokens each, all at the same time, in so many passes.
  package func decoding(prompt: Int, steps: Int, answers: Int, passes: Int) -> Need {
    let (steps, answers) = (Double(steps), Double(answers))
    // A token at position p meets p + 1 keys.
    let meetings = answers * (steps * Double(prompt + 1) + steps * (steps - 1) / 2)
    let keysAndValues = Double(2 * keyWidth * configuration.layerCount * MemoryLayout<Float>.size)
    return Need(
      operations: 2 * ((linearWeights + headWeights) * steps * answers + attention(meetings)),
      bytes: (linearWeights + headWeights) * bytesPerWeight * Double(passes) + meetings * keysAndValues)
  }

  /// A training step: the weights are read by the forward and by the backward pass of each micro-batch.
  func training(operations: Double, microbatches: Int) -> Need {
    Need(operations: operations, bytes: 2 * (linearWeights + headWeights) * bytesPerWeight * Double(microbatches))
  }

  /// Multiplications of queries that meet keys, once for scores and once for values.
  private func attention(_ meetings: Double) -> Double { meetings * Double(2 * queryWidth * configuration.layerCount) }
}
