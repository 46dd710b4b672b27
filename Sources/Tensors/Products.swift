/// Matrix products on all threads. Pieces depend on the shapes alone, so the bits do not depend on the thread count.
///
/// Row strides (`ld…`) are in elements. `accumulate` adds to the result instead of replacing it.
public enum Products {
  private static let rowMajor: Int32 = 101
  private static let noTranspose: Int32 = 111
  private static let transpose: Int32 = 112

  /// Rows and columns of the result that one piece computes.
  private static func pieces(_ rows: Int, _ columns: Int) -> (rowBlock: Int, columnBlock: Int) {
    let rowBlock = rows > 384 ? 256 : rows
    let rowPieces = (rows + rowBlock - 1) / rowBlock
    if rowPieces >= 8 { return (rowBlock, columns) }
    let wanted = (8 + rowPieces - 1) / rowPieces
    let columnBlock = max(96, ((columns + wanted - 1) / wanted + 31) & ~31)
    return (rowBlock, min(columns, columnBlock))
  }

  private static func run(
    _ rows: Int, _ columns: Int, _ body: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void
  ) {
    guard rows > 0, columns > 0 else { return }
    let (rowBlock, columnBlock) = pieces(rows, columns)
    let across = (columns + columnBlock - 1) / columnBlock
    let down = (rows + rowBlock - 1) / rowBlock
    Threads.forEach(across * down) { piece, _ in
      let r = piece / across * rowBlock
      let c = piece % across * columnBlock
      body(r..<min(rows, r + rowBlock), c..<min(columns, c + columnBlock))
    }
  }

  /// y [M, N] = alpha x [M, K] wᵀ, w [N, K].
  public static func timesTransposed(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int? = nil, ldw: Int? = nil, ldy: Int? = nil, alpha: Float = 1, accumulate: Bool = false
  ) {
    let (ldx, ldw, ldy) = (ldx ?? k, ldw ?? k, ldy ?? n)
    let product = BLAS.product
    run(m, n) { rows, columns in
      product(
        rowMajor, noTranspose, transpose, Int32(rows.count), Int32(columns.count), Int32(k), alpha,
        x + rows.lowerBound * ldx, Int32(ldx), w + columns.lowerBound * ldw, Int32(ldw), accumulate ? 1 : 0,
        y + rows.lowerBound * ldy + columns.lowerBound, Int32(ldy))
    }
  }

  /// y [M, N] = alpha x [M, K] w, w [K, N].
  public static func times(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int? = nil, ldw: Int? = nil, ldy: Int? = nil, alpha: Float = 1, accumulate: Bool = false
  ) {
    let (ldx, ldw, ldy) = (ldx ?? k, ldw ?? n, ldy ?? n)
    let product = BLAS.product
    run(m, n) { rows, columns in
      product(
        rowMajor, noTranspose, noTranspose, Int32(rows.count), Int32(columns.count), Int32(k), alpha,
        x + rows.lowerBound * ldx, Int32(ldx), w + columns.lowerBound, Int32(ldw), accumulate ? 1 : 0,
        y + rows.lowerBound * ldy + columns.lowerBound, Int32(ldy))
    }
  }

  /// y [M, N] = alpha xᵀ w, x [K, M], w [K, N]: a weight's gradient.
  public static func transposedTimes(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int? = nil, ldw: Int? = nil, ldy: Int? = nil, alpha: Float = 1, accumulate: Bool = false
  ) {
    let (ldx, ldw, ldy) = (ldx ?? m, ldw ?? n, ldy ?? n)
    let product = BLAS.product
    run(m, n) { rows, columns in
      product(
        rowMajor, transpose, noTranspose, Int32(rows.count), Int32(columns.count), Int32(k), alpha,
        x + rows.lowerBound, Int32(ldx), w + columns.lowerBound, Int32(ldw), accumulate ? 1 : 0,
        y + rows.lowerBound * ldy + columns.lowerBound, Int32(ldy))
    }
  }

  // The same three on the calling thread, for kernels that are pieces themselves.

  static func timesTransposedHere(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int, ldw: Int, ldy: Int, accumulate: Bool = false
  ) {
    BLAS.product(
      rowMajor, noTranspose, transpose, Int32(m), Int32(n), Int32(k), 1, x, Int32(ldx), w, Int32(ldw),
      accumulate ? 1 : 0, y, Int32(ldy))
  }

  static func timesHere(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int, ldw: Int, ldy: Int, accumulate: Bool = false
  ) {
    BLAS.product(
      rowMajor, noTranspose, noTranspose, Int32(m), Int32(n), Int32(k), 1, x, Int32(ldx), w, Int32(ldw),
      accumulate ? 1 : 0, y, Int32(ldy))
  }

  static func transposedTimesHere(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int, ldw: Int, ldy: Int, accumulate: Bool = false
  ) {
    BLAS.product(
      rowMajor, transpose, noTranspose, Int32(m), Int32(n), Int32(k), 1, x, Int32(ldx), w, Int32(ldw),
      accumulate ? 1 : 0, y, Int32(ldy))
  }
}
