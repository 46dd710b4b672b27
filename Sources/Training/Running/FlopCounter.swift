import Models
import Tensors

/// Counts a model's operations: what the mathematics needs, not what an implementation repeats.
struct FlopCounter {
  let configuration: ModelConfiguration

  /// How much of a pass is done.
  enum Pass {
    case forward
    /// Forward, and gradients of activations only: the base is frozen.
    case frozen
    /// Forward, and gradients of activations and weights.
    case full

    /// Products of forward and backward, counted in forward passes.
    var linearFactor: Double {
      switch self {
      case .forward: 1
      case .frozen: 2
      case .full: 3
      }
    }
    var attentionFactor: Double { self == .forward ? 1 : 3 }
  }

  /// Multiplications and additions of a pass over a stream, with logits at `headRows` rows.
  func operations(_ states: HiddenStates, _ batch: PackedBatch, headRows: Int, pass: Pass) -> Double {
    let c = configuration
    let (queries, keys) = (c.headCount * c.headSize, c.keyValueHeadCount * c.headSize)
    let attention = c.hiddenSize * (2 * queries + 2 * keys)
    let feedForward = 3 * c.hiddenSize * c.intermediateSize
    // Rows that nobody reads end with the last block's attention.
    let unread = Double(c.weightsAfterAttention * (states.rowCount - states.computedRows))
    let linear = Double(c.layerCount * (attention + feedForward)) * Double(batch.count) - unread
    let head = Double(c.hiddenSize * c.vocabularySize) * Double(headRows)
    // A query at position p meets p + 1 keys, once for scores and once for values.
    let meetings = batch.positions.reduce(0.0) { $0 + Double($1) + 1 } * Double(2 * queries * c.layerCount)
    return 2 * ((linear + head) * pass.linearFactor + meetings * pass.attentionFactor)
  }
}

extension Role {
  /// The pass that training this role makes.
  var trainingPass: FlopCounter.Pass { model.isTrainable ? .full : .frozen }
}
