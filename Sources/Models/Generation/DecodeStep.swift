import CKernels
import Tensors

/// One-token steps of several sequences over their caches.
///
/// Products stream the weights for at most `chunk` rows at a time, and a row's result does not depend on the others,
/// so a batch gives what single runs give.
struct DecodeStep {
  let role: Role
  let workspace: Workspace
  static let chunk = 32

  /// Logits [B, V] of the next token for each sequence; every cache grows by one.
  func run(_ tokens: [Int32], caches: [KeyValueCache]) -> Tensor {
    let model = role.model
    let logits = workspace.allocate([tokens.count, model.configuration.vocabularySize])
    for first in stride(from: 0, to: tokens.count, by: Self.chunk) {
      let rows = first..<min(tokens.count, first + Self.chunk)
      workspace.scratch {
        let part = Tensor(
          shape: [rows.count, logits.columns], data: logits.row(first), owner: workspace)
        advance(Array(tokens[rows]), caches: Array(caches[rows]), logits: part)
      }
    }
    return logits
  }

  private func advance(_ tokens: [Int32], caches: [KeyValueCache], logits: Tensor) {
    let model = role.model
    let epsilon = model.configuration.rmsNormEpsilon
    let count = tokens.count
    let x = workspace.allocate([count, model.configuration.hiddenSize])
    let normed = workspace.allocate(x.shape)
    let rstd = workspace.allocate([count])
    let rows = tokens.map(Int.init)
    role.adapter?.tokenRows.map { $0.gather(x, tokens: rows, from: model.embedding) }
      ?? model.embedding.gather(x, rows: rows)
    let positions = caches.map { Int32($0.count) }
    for (layer, block) in model.blocks.enumerated() {
      workspace.scratch {
        RMSNorm.forward(normed, rstd: rstd, x: x, weight: block.attentionNorm.value, epsilon: epsilon)
        let inputs = apply([block.query, block.key, block.value], normed)
        let (q, k, v) = (inputs[0], inputs[1], inputs[2])
        model.rotary.rotate(q, positions: positions, heads: model.attention.heads)
        model.rotary.rotate(k, positions: positions, heads: model.attention.keyHeads)
        for (row, cache) in caches.enumerated() { cache.store(layer, keys: k, values: v, rows: row..<row + 1) }
        _ = apply([block.output], attend(q, layer: layer, caches: caches), into: x)
      }
      workspace.scratch {
        RMSNorm.forward(normed, rstd: rstd, x: x, weight: block.feedForwardNorm.value, epsilon: epsilon)
        let inputs = apply([block.gate, block.up], normed)
        let (gated, raised) = (inputs[0], inputs[1])
        ck_swiglu_forward(gated.data, gated.data, raised.data, gated.count)
        _ = apply([block.down], gated, into: x)
      }
    }
    RMSNorm.forward(normed, rstd: rstd, x: x, weight: model.finalNorm.value, epsilon: epsilon)
    let head = Linear(name: "lm_head", weight: model.head)
    LinearGroup.stream([AppliedLinear(head, delta: nil, rows: count, workspace: workspace)], to: [logits], x: normed)
    role.headRows?.score(logits, x: normed.data, words: 0..<logits.columns)
    for cache in caches { cache.advance(by: 1) }
  }

  /// Layers that read the same input, into new tensors or added to `sum`.
  private func apply(_ linears: [Linear], _ x: Tensor, into sum: Tensor? = nil) -> [Tensor] {
    let ys = linears.map { sum ?? workspace.allocate([x.rows, $0.outputs]) }
    let layers = linears.map {
      AppliedLinear($0, delta: role.adapter?.deltas[$0.name], rows: x.rows, workspace: workspace)
    }
    LinearGroup.stream(layers, to: ys, x: x, accumulate: sum != nil)
    return ys
  }

  private func attend(_ q: Tensor, layer: Int, caches: [KeyValueCache]) -> Tensor {
    let attention = role.model.attention
    let (heads, size) = (attention.heads, attention.headSize)
    let width = attention.keyHeads * size
    let group = heads / attention.keyHeads
    let longest = caches.map(\.count).max()! + 1
    let workers = Threads.count
    let out = workspace.allocate(q.shape)
    let weights = workspace.allocate([workers, longest])
    let pieces = caches.count * heads
    // Small steps are over sooner than threads wake up.
    let work = pieces * longest * size
    let body = { (piece: Int, worker: Int) in
      let (row, head) = (piece / heads, piece % heads)
      let column = head / group * size
      ck_attention_decode(
        out.row(row) + head * size, weights.row(worker), q.row(row) + head * size, caches[row].keys(layer) + column,
        caches[row].values(layer) + column, caches[row].count + 1, size, width, width, attention.scale)
    }
    if work < 1 << 16 {
      for piece in 0..<pieces { body(piece, 0) }
    } else {
      Threads.forEach(pieces, workers: workers, body)
    }
    return out
  }
}
