import CKernels

/// One addend of a sum of products: packed rows [M, K] times a right-hand side [K, N].
struct ProductTerm {
  let a: PackedRows
  let b: RightSide
  /// Where in B's depth the packed rows begin, when they are a part of it.
  var offset = 0
}

/// y [rows, columns] (+)= the sum of its terms, added in their order.
///
/// A layer with a low-rank delta is one such sum, x Wᵀ + low Bᵀ, so its result is written while it is in cache.
struct ProductSum {
  var y: UnsafeMutablePointer<Float>
  /// Floats from one row of y to the next.
  var stride: Int
  var rows: Int
  var columns: Int
  var terms: [ProductTerm]
  var accumulate: Bool

  /// Pieces that a sum is cut into where it is large enough.
  private static let wantedPieces = 8
  /// Rows below which cutting rows does not pay.
  private static let leastRows = 96
  /// Widest piece: a slice of its right-hand side stays in the second-level cache.
  private static let widestPiece = 128

  private struct Piece {
    let sum: Int
    let rows: Range<Int>
    let columns: Range<Int>
  }

  /// Computes sums that do not depend on each other on all threads.
  static func run(_ sums: [ProductSum]) {
    let pieces = sums.indices.flatMap { index in sums[index].pieces.map { Piece(sum: index, rows: $0, columns: $1) } }
    Threads.forEach(pieces.count) { index, _ in
      let piece = pieces[index]
      sums[piece.sum].compute(rows: piece.rows, columns: piece.columns)
    }
  }

  private var pieces: [(Range<Int>, Range<Int>)] {
    guard rows > 0, columns > 0 else { return [] }
    let unit = Products.usesOpenBLAS ? 32 : ck_panel_width()
    let units = (columns + unit - 1) / unit
    let width = unit * min(max(1, Self.widestPiece / unit), (units + Self.wantedPieces - 1) / Self.wantedPieces)
    let across = (columns + width - 1) / width
    let down = max(1, min(rows / Self.leastRows, Self.wantedPieces / across))
    let blocks = (rows + PackedRows.grain - 1) / PackedRows.grain
    let height = (blocks + down - 1) / down * PackedRows.grain
    return Swift.stride(from: 0, to: rows, by: height).flatMap { row in
      Swift.stride(from: 0, to: columns, by: width).map { column in
        (row..<min(rows, row + height), column..<min(columns, column + width))
      }
    }
  }

  /// Computes a part on the calling thread; its rows start at a multiple of `PackedRows.grain`.
  func compute(rows: Range<Int>, columns: Range<Int>) {
    var adds = accumulate
    for term in terms {
      let form = term.a.form
      let depth = form.slice(term.a.depth)
      let width = Swift.max(1, Self.widestPiece / ck_panel_width()) * ck_panel_width()
      let widest = min(columns.count, width)
      let expanded = term.b.scratchSize(columns: widest, depth: depth)
      let size = ck_pack_b_size(widest, form.length(depth))
      PackBuffers.with(size + expanded) { packed in
        let scratch = packed + size
        for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
          let part = column..<min(columns.upperBound, column + width)
          for start in Swift.stride(from: 0, to: term.a.depth, by: depth) {
            let slice = start..<min(term.a.depth, start + depth)
            let depths = slice.lowerBound + term.offset..<slice.upperBound + term.offset
            let source = term.b.plain(columns: part, depth: depths, scratch: scratch)
            multiply(
              term, rows: rows, columns: part, slice: slice, source: source, packed: packed, adds: adds || start > 0)
          }
        }
      }
      adds = true
    }
  }

  private func multiply(
    _ term: ProductTerm, rows: Range<Int>, columns: Range<Int>, slice: Range<Int>,
    source: (UnsafePointer<Float>, stride: Int)?, packed: UnsafeMutablePointer<Float>, adds: Bool
  ) {
    let out = y + rows.lowerBound * stride + columns.lowerBound
    let depth = term.a.depth
    if Products.usesOpenBLAS, let (source, ld) = source {
      return BLAS.multiply(
        Product(
          y: out, a: term.a.data + rows.lowerBound * depth + slice.lowerBound, b: source, m: rows.count,
          n: columns.count, k: slice.count, lda: depth, ldb: ld, ldc: stride, aTransposed: false,
          bTransposed: term.b.isTransposed, accumulate: adds))
    }
    let form = term.a.form
    let (tile, width) = (ck_tile_rows(), ck_panel_width())
    let length = form.length(depth)
    let a = term.a.data + rows.lowerBound * length + form.length(slice.lowerBound) * tile
    var (b, panel) = (UnsafePointer(packed), form.length(slice.count) * width)
    if case .panels(let panels) = term.b {
      (b, panel) = (panels.part(column: columns.lowerBound, depth: slice.lowerBound + term.offset), panels.stride)
    } else if let (source, ld) = source {
      let isTransposed = term.b.isTransposed
      if let integers = form.integers {
        ck_pack_b_integers(packed, source, columns.count, slice.count, ld, isTransposed, integers)
      } else {
        ck_pack_b(packed, source, columns.count, slice.count, ld, isTransposed)
      }
    }
    if let integers = form.integers {
      ck_gemm_integers(
        out, a, b, rows.count, columns.count, slice.count, length * tile, panel, stride, adds, integers)
    } else {
      ck_gemm(out, a, b, rows.count, columns.count, slice.count, length * tile, panel, stride, adds)
    }
  }
}
