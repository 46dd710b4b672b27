import CKernels
import Tensors

/// Steps of several sequences over their caches, by one token or by a few that are not yet certain.
///
/// Products read the weights once for at most `chunk` rows, and a row's result does not depend on the others,
/// so a batch gives what single runs give.
struct DecodeStep {
  let role: Role
  let workspace: Workspace
  static let chunk = 32

  /// A token of a sequence, and how many of its tokens stand between the cache's and it.
  struct Row {
    let token: Int32
    let cache: KeyValueCache
    var offset = 0

    var position: Int { cache.count + offset }
  }

  /// Logits [rows, V] of the token after each row. Caches get the rows' keys and values but hold them only when they
  /// are advanced, by as many tokens as were right.
  /// - Parameter rows: a sequence's rows in the order of its text.
  func run(_ rows: [Row]) -> Tensor {
    let model = role.model
    let logits = workspace.allocate([rows.count, model.configuration.vocabularySize])
    for first in stride(from: 0, to: rows.count, by: Self.chunk) {
      let range = first..<min(rows.count, first + Self.chunk)
      workspace.scratch {
        let part = Tensor(
          shape: [range.count, logits.columns], data: logits.row(first), owner: workspace)
        run(Array(rows[range]), logits: part)
      }
    }
    return logits
  }

  private func run(_ rows: [Row], logits: Tensor) {
    let model = role.model
    let epsilon = model.configuration.rmsNormEpsilon
    let count = rows.count
    let x = workspace.allocate([count, model.configuration.hiddenSize])
    let normed = workspace.allocate(x.shape)
    let rstd = workspace.allocate([count])
    let tokens = rows.map { Int($0.token) }
    role.adapter?.tokenRows.map { $0.gather(x, tokens: tokens, from: model.embedding) }
      ?? model.embedding.gather(x, rows: tokens)
    let positions = rows.map { Int32($0.position) }
    for (layer, block) in model.blocks.enumerated() {
      workspace.scratch {
        RMSNorm.forward(normed, rstd: rstd, x: x, weight: block.attentionNorm.value, epsilon: epsilon)
        let inputs = apply([block.query, block.key, block.value], normed)
        let (q, k, v) = (inputs[0], inputs[1], inputs[2])
        model.rotary.rotate(q, positions: positions, heads: model.attention.heads)
        model.rotary.rotate(k, positions: positions, heads: model.attention.keyHeads)
        for (index, row) in rows.enumerated() {
          row.cache.store(layer, keys: k, values: v, rows: index..<index + 1, offset: row.offset)
        }
        _ = apply([block.output], attend(q, layer: layer, rows: rows), into: x)
      }
      workspace.scratch {
        RMSNorm.forward(normed, rstd: rstd, x: x, weight: block.feedForwardNorm.value, epsilon: epsilon)
        let inputs = apply([block.gate, block.up], normed)
        let (gated, raised) = (inputs[0], inputs[1])
        Threads.ranges(gated.count, grain: 1 << 13) { range in
          let gate = gated.data + range.lowerBound
          ck_swiglu_forward(gate, gate, raised.data + range.lowerBound, range.count)
        }
        _ = apply([block.down], gated, into: x)
      }
    }
    RMSNorm.forward(normed, rstd: rstd, x: x, weight: model.finalNorm.value, epsilon: epsilon)
    VocabularyHead(weight: model.head, replaced: role.headRows, workspace: workspace).stream(logits, x: normed)
  }

  /// Layers that read the same input, into new tensors or added to `sum`.
  private func apply(_ linears: [Linear], _ x: Tensor, into sum: Tensor? = nil) -> [Tensor] {
    let ys = linears.map { sum ?? workspace.allocate([x.rows, $0.outputs]) }
    let layers = linears.map {
      AppliedLinear($0, delta: role.adapter?.deltas[$0.name], rows: x.rows, workspace: workspace)
    }
    LinearGroup.stream(layers, to: ys, x: x, accumulate: sum != nil, workspace: workspace)
    return ys
  }

  private func attend(_ q: Tensor, layer: Int, rows: [Row]) -> Tensor {
    let attention = role.model.attention
    let size = attention.headSize
    let group = attention.heads / attention.keyHeads
    let longest = rows.map(\.position).max()! + 1
    let workers = Threads.count
    let out = workspace.allocate(q.shape)
    let weights = workspace.allocate([workers, group * longest])
    // Heads that share keys go together where that leaves enough pieces for the threads to end together.
    let together = rows.count * attention.keyHeads >= 4 * workers ? group : 1
    let pieces = rows.count * attention.heads / together
    let body = { (piece: Int, worker: Int) in
      let (index, head) = (piece * together / attention.heads, piece * together % attention.heads)
      let (cache, keyHead) = (rows[index].cache, head / group)
      ck_attention_decode(
        out.row(index) + head * size, weights.row(worker), q.row(index) + head * size,
        cache.keys(layer, head: keyHead), cache.values(layer, head: keyHead), together, rows[index].position + 1, size,
        size, size, attention.scale)
    }
    // Small steps are over sooner than threads wake up.
    if rows.count * attention.heads * longest * size < 1 << 16 {
      for piece in 0..<pieces { body(piece, 0) }
    } else {
      Threads.forEach(pieces, workers: workers, body)
    }
    return out
  }
}
