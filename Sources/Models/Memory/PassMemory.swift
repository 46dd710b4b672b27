import Tensors

/// How large the workspace becomes in a training pass, from the list of what `Block`, `HiddenStates`, `LinearGroup`,
/// `Attention` and `VocabularyHead` allocate, in their order.
///
/// T tokens, C hidden, F feed-forward, Q and K widths of queries and keys, V vocabulary; sizes are floats.
public struct PassMemory: Sendable, Hashable {
  /// What reads the last hidden states.
  public enum Loss: Sendable, Hashable {
    /// Logits block by block, gradients at once.
    case crossEntropy
    /// Logits are kept for the backward where they take at most 128 MB.
    case logProbabilities
    case scores
  }

  public var shape: PassShape
  /// Rows of the stream, T.
  public var tokens: Int
  /// Rows that have a target or a score.
  public var targets: Int
  /// The longest sequence, a prompt and one answer.
  public var longest: Int
  public var loss: Loss
  /// Whether only the stream at each block's input is kept, and a block is computed again in its backward.
  public var recomputes: Bool
  public var precision: MatmulPrecision

  public init(
    _ shape: PassShape, tokens: Int, targets: Int, longest: Int, loss: Loss, recomputes: Bool = false,
    precision: MatmulPrecision = .highest
  ) {
    self.shape = shape
    if case .rows(let count) = shape.prefix { self.tokens = tokens + count } else { self.tokens = tokens }
    self.targets = targets
    self.longest = longest + shape.prefix.count
    self.loss = loss
    self.recomputes = recomputes
    self.precision = precision
  }

  private var c: ModelConfiguration { shape.configuration }
  private var stream: Int { tokens * c.hiddenSize }
  /// Rows that the last block computes after its attention.
  private var read: Int { shape.dropsInputs ? tokens : min(tokens, targets) }
  private var selects: Bool { read < tokens }
  /// Of the whole stream, and of the rows that are read where they are a part.
  private var streamGradient: Int { stream + (selects ? read * c.hiddenSize : 0) }

  /// Rows of a block's output projection and feed-forward part.
  private func rows(_ index: Int) -> Int { index == shape.blocks.count - 1 ? read : tokens }

  /// Bytes at the highest point of a pass.
  public var peakBytes: Int {
    let recorded = shape.blocks.indices.suffix(shape.recordedBlocks)
    let largest = recorded.map(kept).max() ?? 0
    let saved = recorded.reduce(0) { $0 + (recomputes ? rows($1) * c.hiddenSize : kept($1)) }
    let again = recomputes ? largest : 0
    let (heldLogits, heads) = head
    let forward = (recorded.map(forward).max() ?? 0) + again
    let backward = streamGradient + (recorded.map(backward).max() ?? 0) + again
    // A part of a block that is not recorded lies on the stream alone.
    let unrecorded = shape.blocks.indices.dropLast(recorded.count).map {
      max(keptByAttention($0), keptByFeedForward($0)) + self.forward($0)
    }.max()
    let recording = stream + saved + max(forward, heldLogits + max(heads, backward))
    return MemoryLayout<Float>.size * max(recording, stream + (unrecorded ?? 0))
  }

  /// Bytes of frozen f32 weights that are packed once, beside the weights themselves.
  public var packedWeightBytes: Int {
    let floats = shape.blocks.flatMap(\.layers).filter { !$0.trainsWeight }.map {
      precision.packedWeightFloats(rows: $0.outputs, columns: $0.inputs)
    }
    let head = shape.trainsHead ? 0 : precision.packedHeadFloats(rows: c.vocabularySize, columns: c.hiddenSize)
    return MemoryLayout<Float>.size * floats.reduce(head, +)
  }

  /// What the tape keeps of a block: the results of both parts, and what their backward needs.
  private func kept(_ index: Int) -> Int {
    2 * rows(index) * c.hiddenSize + keptByAttention(index) + keptByFeedForward(index)
  }

  private func keptByAttention(_ index: Int) -> Int {
    let (block, rows) = (shape.blocks[index], rows(index))
    let queries = block.output.inputs
    let keys = block.inputs[1].outputs
    let prefix = shape.prefix == .keys(shape.prefix.count) ? 2 * shape.prefix.count * keys : 0
    return prefix + tokens * (2 * queries + 2 * keys + c.headCount + 1 + lows(block.inputs))
      + rows * lows([block.output]) + (rows < tokens ? rows * queries : 0)
  }

  private func keptByFeedForward(_ index: Int) -> Int {
    let block = shape.blocks[index]
    return rows(index) * (2 * block.down.inputs + 1 + lows(block.gates + [block.down]))
  }

  /// What low-rank layers keep of a row.
  private func lows(_ layers: [PassShape.Layer]) -> Int {
    layers.reduce(0) { $0 + $1.rank + ($1.hasMagnitude ? $1.outputs : 0) }
  }

  /// The most that a block's forward takes beside what is kept.
  private func forward(_ index: Int) -> Int {
    let (block, rows) = (shape.blocks[index], rows(index))
    let attention = Threads.count * Attention.tileFloats(keys: longest) + 2 * packedKeys
    return max(
      stream + packed(block.inputs, tokens), attention, packed([block.output], rows),
      rows * c.hiddenSize + packed(block.gates, rows), rows * block.down.inputs + packed([block.down], rows))
  }

  /// Packed keys, or values, of all heads.
  private var packedKeys: Int {
    Attention.packedKeyFloats(rows: tokens, keyHeads: c.keyValueHeadCount, headSize: c.headSize)
  }

  /// Packed inputs of layers that read the same rows, and their packed lows.
  private func packed(_ layers: [PassShape.Layer], _ rows: Int) -> Int {
    LinearGroup.packedFloats(rows: rows, depth: layers[0].inputs, precision: precision)
      + layers.reduce(0) { $0 + LinearGroup.packedFloats(rows: rows, depth: $1.rank) }
  }

  /// The most that a block's backward takes beside what is kept.
  private func backward(_ index: Int) -> Int {
    let (block, rows) = (shape.blocks[index], rows(index))
    let widened = rows * block.down.inputs
    let feedForward =
      widened
      + max(
        (block.down.isTrained ? widened : 0) + gradients([block.down], rows),
        2 * rows * c.hiddenSize + gradients(block.gates, rows))
    let (queries, keys) = (tokens * block.output.inputs, tokens * block.inputs[1].outputs)
    let scores = Threads.count * (2 * Attention.tileFloats(keys: longest)) + 3 * packedKeys
    let attention =
      rows * block.output.inputs
      + max(
        gradients([block.output], rows),
        (rows < tokens ? queries : 0) + queries + 2 * keys
          + max(scores, 2 * stream + gradients(block.inputs, tokens)))
    return max(feedForward, attention)
  }

  /// What `LinearBackward` takes for a group of layers over so many rows.
  private func gradients(_ layers: [PassShape.Layer], _ tokens: Int) -> Int {
    var floats = 0
    for layer in layers {
      floats += LinearGroup.packedFloats(rows: tokens, depth: layer.outputs, precision: precision)
      floats += tokens * (layer.rank + (layer.hasMagnitude ? layer.outputs : 0))
      floats += LinearGroup.packedFloats(rows: tokens, depth: layer.rank)
      if layer.trainsWeight {
        floats += LinearGroup.packedFloats(rows: layer.outputs, depth: tokens, precision: precision)
      }
      if layer.trainsDelta {
        floats += layer.rank * layer.outputs + LinearGroup.packedFloats(rows: layer.rank, depth: tokens)
      }
    }
    let ranks = layers.reduce(0) { $0 + ($1.trainsDelta ? $1.rank : 0) }
    guard ranks > 0 else { return floats }
    let together = layers.count > 1 ? tokens * ranks : 0
    return floats + ranks * layers[0].inputs + together + LinearGroup.packedFloats(rows: ranks, depth: tokens)
  }

  /// Logits that stay until the pass ends, and the most that the loss takes beside them.
  private var head: (held: Int, most: Int) {
    let rows = targets * c.hiddenSize
    if loss == .scores { return (0, streamGradient + 4 * rows) }
    let keeps = loss == .logProbabilities && VocabularyHead.keepsLogits(targets, vocabulary: c.vocabularySize)
    let block = VocabularyHead.blockFloats(
      targets: targets, vocabulary: c.vocabularySize, width: c.hiddenSize, trains: shape.trainsHead, keepsLogits: keeps,
      precision: precision)
    return (keeps ? targets * c.vocabularySize : 0, streamGradient + 3 * rows + max(block, rows))
  }
}
