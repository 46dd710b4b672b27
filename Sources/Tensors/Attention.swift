import CKernels

/// Causal attention over a packed stream with grouped key/value heads, in tiles of queries.
///
/// q [T, H * D], k and v [P + T, G * D], P the keys of a prefix; H is a multiple of G and query head h reads key head
/// h / (H / G).
public struct Attention: Sendable {
  public let heads: Int
  public let keyHeads: Int
  public let headSize: Int
  public let scale: Float

  public init(heads: Int, keyHeads: Int, headSize: Int) {
    self.heads = heads
    self.keyHeads = keyHeads
    self.headSize = headSize
    self.scale = 1 / Float(headSize).squareRoot()
  }

  static let tileRows = 72

  /// A run of a segment's queries with all the key rows that it may see.
  struct Tile {
    let rows: Range<Int>
    /// Key ranges in order; the last is the segment's own up to the tile's last row.
    let keys: [Range<Int>]
    let keyCount: Int
    /// Keys that the first row sees.
    let visible: Int
    /// Whether the first range is the prefix, which other trees of segments see too.
    let seesPrefix: Bool
  }

  static func tiles(_ batch: PackedBatch, segment index: Int) -> [Tile] {
    let segment = batch.segments[index]
    let ancestors = batch.ancestors(of: index)
    let before = ancestors.reduce(0) { $0 + $1.count }
    return stride(from: 0, to: segment.count, by: tileRows).map { offset in
      let end = min(segment.count, offset + tileRows)
      return Tile(
        rows: segment.start + offset..<segment.start + end,
        keys: ancestors + [batch.keys(segment.start..<segment.start + end)],
        keyCount: before + end, visible: before + offset + 1, seesPrefix: batch.seesPrefix(index))
    }
  }

  /// out [T, H * D]; lse [H, T] is kept for the backward.
  public func forward(
    _ out: Tensor, lse: Tensor, q: Tensor, k: Tensor, v: Tensor, batch: PackedBatch, workspace: Workspace
  ) {
    let tiles = batch.segments.indices.flatMap { Self.tiles(batch, segment: $0) }
    let longest = tiles.map(\.keyCount).max() ?? 0
    let (queryWidth, keyWidth) = (heads * headSize, keyHeads * headSize)
    let group = heads / keyHeads
    let workers = Threads.count
    workspace.scratch {
      let scratch = workspace.allocate([workers, Self.tileRows * longest])
      // Longest tiles first, so that no thread is left with one at the end.
      let order = tiles.indices.sorted { (tiles[$0].keyCount, $1) > (tiles[$1].keyCount, $0) }
      Threads.forEach(order.count * heads, workers: workers) { piece, worker in
        let tile = tiles[order[piece / heads]]
        let head = piece % heads
        let scores = scratch.row(worker)
        let (queries, keyColumn) = (tile.rows.count, head / group * headSize)
        scoreTile(scores, q: q.row(tile.rows.lowerBound) + head * headSize, k: k.data + keyColumn, tile: tile)
        ck_attention_softmax(
          scores, lse.row(head) + tile.rows.lowerBound, queries, tile.keyCount, tile.keyCount, tile.visible, scale)
        var column = 0
        for range in tile.keys {
          Product.sums(
            out.row(tile.rows.lowerBound) + head * headSize, scores + column,
            v.row(range.lowerBound) + keyColumn, m: queries, n: headSize, k: range.count, ldx: tile.keyCount,
            ldw: keyWidth, ldy: queryWidth, accumulate: column > 0)
          column += range.count
        }
      }
    }
  }

  private func scoreTile(
    _ scores: UnsafeMutablePointer<Float>, q: UnsafePointer<Float>, k: UnsafePointer<Float>, tile: Tile
  ) {
    let keyWidth = keyHeads * headSize
    var column = 0
    for range in tile.keys {
      Product.scores(
        scores + column, q, k + range.lowerBound * keyWidth, m: tile.rows.count, n: range.count, k: headSize,
        ldx: heads * headSize, ldw: keyWidth, ldy: tile.keyCount)
      column += range.count
    }
  }

  /// dq replaces, dk and dv are added to. One piece owns a whole tree of segments for one key head, so sums need no
  /// locks and have one order; what trees give to a prefix that all of them see is added up at the end.
  public func backward(
    dq: Tensor, dk: Tensor, dv: Tensor, dout: Tensor, out: Tensor, lse: Tensor, q: Tensor, k: Tensor, v: Tensor,
    batch: PackedBatch, workspace: Workspace
  ) {
    let trees = batch.trees().map { $0.flatMap { Self.tiles(batch, segment: $0) } }
    let longest = trees.joined().map(\.keyCount).max() ?? 0
    let work = trees.map { $0.reduce(0) { $0 + $1.keyCount * $1.rows.count } }
    let order = trees.indices.sorted { (work[$0], $1) > (work[$1], $0) }
    let group = heads / keyHeads
    let workers = Threads.count
    workspace.scratch {
      let tileCount = Self.tileRows * longest
      let scratch = workspace.allocate([workers, 2 * tileCount + Self.tileRows])
      let shared = batch.prefix.count
      let width = keyHeads * headSize
      let prefixes = workspace.zeros([trees.count, 2 * shared * width])
      Threads.forEach(order.count * keyHeads, workers: workers) { piece, worker in
        let keyHead = piece % keyHeads
        let tree = order[piece / keyHeads]
        let prefix = (dk: prefixes.row(tree), dv: prefixes.row(tree) + shared * width)
        for tile in trees[tree] {
          for head in keyHead * group..<(keyHead + 1) * group {
            backwardTile(
              tile, head: head, keyHead: keyHead, scratch: scratch.row(worker), tileCount: tileCount, dq: dq, dk: dk,
              dv: dv, prefix: prefix, dout: dout, out: out, lse: lse, q: q, k: k, v: v)
          }
        }
      }
      for tree in trees.indices where shared > 0 {
        ck_add(dk.data, prefixes.row(tree), shared * width)
        ck_add(dv.data, prefixes.row(tree) + shared * width, shared * width)
      }
    }
  }

  private func backwardTile(
    _ tile: Tile, head: Int, keyHead: Int, scratch: UnsafeMutablePointer<Float>, tileCount: Int, dq: Tensor,
    dk: Tensor, dv: Tensor, prefix: (dk: UnsafeMutablePointer<Float>, dv: UnsafeMutablePointer<Float>), dout: Tensor,
    out: Tensor, lse: Tensor, q: Tensor, k: Tensor, v: Tensor
  ) {
    let (queryWidth, keyWidth) = (heads * headSize, keyHeads * headSize)
    let (queries, first) = (tile.rows.count, tile.rows.lowerBound)
    let (queryColumn, keyColumn) = (head * headSize, keyHead * headSize)
    let (probabilities, dscores, delta) = (scratch, scratch + tileCount, scratch + 2 * tileCount)
    let keys = tile.keyCount
    scoreTile(probabilities, q: q.row(first) + queryColumn, k: k.data + keyColumn, tile: tile)
    ck_attention_probabilities(probabilities, lse.row(head) + first, queries, keys, keys, tile.visible, scale)
    ck_row_dots(
      delta, dout.row(first) + queryColumn, out.row(first) + queryColumn, queries, headSize, queryWidth, queryWidth)
    var column = 0
    for range in tile.keys {
      Product.scores(
        dscores + column, dout.row(first) + queryColumn, v.row(range.lowerBound) + keyColumn, m: queries,
        n: range.count, k: headSize, ldx: queryWidth, ldw: keyWidth, ldy: keys)
      column += range.count
    }
    ck_attention_softmax_backward(dscores, probabilities, delta, queries, keys, keys, scale)
    column = 0
    for (index, range) in tile.keys.enumerated() {
      let isPrefix = tile.seesPrefix && index == 0
      let dkeys = (isPrefix ? prefix.dk : dk.row(range.lowerBound)) + keyColumn
      let dvalues = (isPrefix ? prefix.dv : dv.row(range.lowerBound)) + keyColumn
      Product.sums(
        dq.row(first) + queryColumn, dscores + column, k.row(range.lowerBound) + keyColumn, m: queries, n: headSize,
        k: range.count, ldx: keys, ldw: keyWidth, ldy: queryWidth, accumulate: column > 0)
      Product.gradients(
        dkeys, dscores + column, q.row(first) + queryColumn, m: range.count,
        n: headSize, k: queries, ldx: keys, ldw: queryWidth, ldy: keyWidth)
      Product.gradients(
        dvalues, probabilities + column, dout.row(first) + queryColumn, m: range.count,
        n: headSize, k: queries, ldx: keys, ldw: queryWidth, ldy: keyWidth)
      column += range.count
    }
  }
}

extension Product {
  /// y [M, N] = x [M, K] wᵀ on the calling thread.
  fileprivate static func scores(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int, ldw: Int, ldy: Int
  ) {
    Product(
      y: y, a: x, b: w, m: m, n: n, k: k, lda: ldx, ldb: ldw, ldc: ldy, aTransposed: false, bTransposed: true,
      accumulate: false
    ).runHere()
  }

  /// y [M, N] (+)= x [M, K] w on the calling thread.
  fileprivate static func sums(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int, ldw: Int, ldy: Int, accumulate: Bool
  ) {
    Product(
      y: y, a: x, b: w, m: m, n: n, k: k, lda: ldx, ldb: ldw, ldc: ldy, aTransposed: false, bTransposed: false,
      accumulate: accumulate
    ).runHere()
  }

  /// y [M, N] += xᵀ w on the calling thread.
  fileprivate static func gradients(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int, ldw: Int, ldy: Int
  ) {
    Product(
      y: y, a: x, b: w, m: m, n: n, k: k, lda: ldx, ldb: ldw, ldc: ldy, aTransposed: true, bTransposed: false,
      accumulate: true
    ).runHere()
  }
}
