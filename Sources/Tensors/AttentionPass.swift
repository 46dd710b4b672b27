import CKernels

/// The products of attention's tiles, on the calling thread.
struct AttentionPass {
  private let attention: Attention
  private let q: Tensor
  private let places: KeyPlaces
  private let workspace: Workspace

  init(_ attention: Attention, q: Tensor, batch: PackedBatch, workspace: Workspace) {
    self.attention = attention
    self.q = q
    self.workspace = workspace
    places = KeyPlaces(batch)
  }

  /// What the backward multiplies by: kᵀ, vᵀ and k.
  struct Packed {
    let keys: PackedKeys
    let values: PackedKeys
    let keyRows: PackedKeys
  }

  struct Gradients: @unchecked Sendable {
    let dq: Tensor
    let dk: Tensor
    let dv: Tensor
    /// What a tree of segments gives to the keys and values of a prefix.
    let prefix: (dk: UnsafeMutablePointer<Float>, dv: UnsafeMutablePointer<Float>)
  }

  /// Keys or values [P + T, G * D] as right-hand sides, transposed or not.
  func packed(_ rows: Tensor, transposed: Bool) -> PackedKeys {
    PackedKeys(rows, headSize: attention.headSize, transposed: transposed, places: places, workspace: workspace)
  }

  private func keyHead(_ head: Int) -> Int { head * attention.keyHeads / attention.heads }

  /// y [queries, keys] = rows of x [T, H * D] times the keys of a tile, or its values.
  func scores(_ y: UnsafeMutablePointer<Float>, _ x: Tensor, _ tile: Attention.Tile, head: Int, keys: PackedKeys) {
    let size = attention.headSize
    let source = x.row(tile.rows.lowerBound) + head * size
    PackedRows.withBuffer(rows: tile.rows.count, depth: size) { rows in
      rows.pack(0..<rows.rows, from: source, stride: x.columns)
      var column = 0
      for range in tile.keys {
        multiply(
          y + column, stride: tile.keyCount, rows, keys.side(range, head: keyHead(head)), columns: range.count,
          accumulate: false)
        column += range.count
      }
    }
  }

  /// Rows of y [T, H * D] = weights [queries, keys] times the values of a tile, or its keys.
  func sums(
    _ y: Tensor, _ weights: UnsafePointer<Float>, _ tile: Attention.Tile, head: Int, values: PackedKeys
  ) {
    let size = attention.headSize
    var column = 0
    for range in tile.keys {
      PackedRows.withBuffer(rows: tile.rows.count, depth: range.count) { rows in
        rows.pack(0..<rows.rows, from: weights + column, stride: tile.keyCount)
        multiply(
          y.row(tile.rows.lowerBound) + head * size, stride: y.columns, rows,
          values.side(range, head: keyHead(head)), columns: size, accumulate: column > 0)
      }
      column += range.count
    }
  }

  private func multiply(
    _ y: UnsafeMutablePointer<Float>, stride: Int, _ rows: PackedRows, _ side: RightSide, columns: Int,
    accumulate: Bool
  ) {
    ProductSum(
      y: y, stride: stride, rows: rows.rows, columns: columns, terms: [ProductTerm(a: rows, b: side)],
      accumulate: accumulate
    ).compute(rows: 0..<rows.rows, columns: 0..<columns)
  }

  /// One tile's gradients. `scratch`: two tiles of scores, and a number for each query.
  func backward(
    _ tile: Attention.Tile, head: Int, packed: Packed, dout: Tensor, out: Tensor, lse: Tensor,
    scratch: (
      probabilities: UnsafeMutablePointer<Float>, dscores: UnsafeMutablePointer<Float>,
      delta: UnsafeMutablePointer<Float>
    ), _ gradients: Gradients
  ) {
    let (queries, first, keys) = (tile.rows.count, tile.rows.lowerBound, tile.keyCount)
    let (size, scale) = (attention.headSize, attention.scale)
    let (queryColumn, keyColumn) = (head * size, keyHead(head) * size)
    let (probabilities, dscores, delta) = scratch
    scores(probabilities, q, tile, head: head, keys: packed.keys)
    ck_attention_probabilities(probabilities, lse.row(head) + first, queries, keys, keys, tile.visible, scale)
    ck_row_dots(
      delta, dout.row(first) + queryColumn, out.row(first) + queryColumn, queries, size, dout.columns, out.columns)
    scores(dscores, dout, tile, head: head, keys: packed.values)
    ck_attention_softmax_backward(dscores, probabilities, delta, queries, keys, keys, scale)
    sums(gradients.dq, dscores, tile, head: head, values: packed.keyRows)
    var column = 0
    for (index, range) in tile.keys.enumerated() {
      let isPrefix = tile.seesPrefix && index == 0
      /// y [keys, D] += x [queries, keys]ᵀ w [queries, D].
      func add(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: Tensor) {
        Product(
          y: y + keyColumn, a: x + column, b: w.row(first) + queryColumn, m: range.count, n: size, k: queries,
          lda: keys, ldb: w.columns, ldc: gradients.dk.columns, aTransposed: true, bTransposed: false,
          accumulate: true
        ).runHere()
      }
      add(isPrefix ? gradients.prefix.dk : gradients.dk.row(range.lowerBound), dscores, q)
      add(isPrefix ? gradients.prefix.dv : gradients.dv.row(range.lowerBound), probabilities, dout)
      column += range.count
    }
  }
}
