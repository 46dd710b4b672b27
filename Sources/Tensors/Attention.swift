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

  static let tileRows = 48

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
    let workers = Threads.count
    workspace.scratch {
      let pass = AttentionPass(self, q: q, batch: batch, workspace: workspace)
      let (keys, values) = (pass.packed(k, transposed: true), pass.packed(v, transposed: false))
      let scratch = workspace.allocate([workers, Self.tileRows * longest])
      // Longest tiles first, so that no thread is left with one at the end.
      let order = tiles.indices.sorted { (tiles[$0].keyCount, $1) > (tiles[$1].keyCount, $0) }
      Threads.forEach(order.count * heads, workers: workers) { piece, worker in
        let tile = tiles[order[piece / heads]]
        let head = piece % heads
        let scores = scratch.row(worker)
        pass.scores(scores, q, tile, head: head, keys: keys)
        ck_attention_softmax(
          scores, lse.row(head) + tile.rows.lowerBound, tile.rows.count, tile.keyCount, tile.keyCount, tile.visible,
          scale)
        pass.sums(out, scores, tile, head: head, values: values)
      }
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
      let pass = AttentionPass(self, q: q, batch: batch, workspace: workspace)
      let packed = AttentionPass.Packed(
        keys: pass.packed(k, transposed: true), values: pass.packed(v, transposed: true),
        keyRows: pass.packed(k, transposed: false))
      let tileCount = Self.tileRows * longest
      let scratch = workspace.allocate([workers, 2 * tileCount + Self.tileRows])
      let shared = batch.prefix.count
      let width = keyHeads * headSize
      let prefixes = workspace.zeros([trees.count, 2 * shared * width])
      Threads.forEach(order.count * keyHeads, workers: workers) { piece, worker in
        let keyHead = piece % keyHeads
        let tree = order[piece / keyHeads]
        let gradients = AttentionPass.Gradients(
          dq: dq, dk: dk, dv: dv, prefix: (prefixes.row(tree), prefixes.row(tree) + shared * width))
        let scratch = scratch.row(worker)
        for tile in trees[tree] {
          for head in keyHead * group..<(keyHead + 1) * group {
            pass.backward(
              tile, head: head, packed: packed, dout: dout, out: out, lse: lse,
              scratch: (scratch, scratch + tileCount, scratch + 2 * tileCount), gradients)
          }
        }
      }
      for tree in trees.indices where shared > 0 {
        ck_add(dk.data, prefixes.row(tree), shared * width)
        ck_add(dv.data, prefixes.row(tree) + shared * width, shared * width)
      }
    }
  }
}
