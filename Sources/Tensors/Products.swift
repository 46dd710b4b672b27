import CKernels
import Foundation

/// Matrix products on all threads.
///
/// On processors with AVX2 or AVX-512 they run on kernels of our own: the right-hand side is packed piece by piece
/// into cache and meets all rows there. Elsewhere, or with `TOUCHSTONE_PRODUCTS=openblas`, OpenBLAS does them. Either
/// way pieces depend on the shapes alone, so the bits do not depend on the number of threads.
///
/// Row strides (`ld…`) are in elements. `accumulate` adds to the result instead of replacing it.
public enum Products {
  /// Whether OpenBLAS does the products.
  public static let usesOpenBLAS =
    ck_current_level() == CK_PORTABLE || ProcessInfo.processInfo.environment["TOUCHSTONE_PRODUCTS"] == "openblas"

  /// y [M, N] = x [M, K] wᵀ, w [N, K].
  public static func timesTransposed(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int? = nil, ldw: Int? = nil, ldy: Int? = nil, accumulate: Bool = false
  ) {
    Product(
      y: y, a: x, b: w, m: m, n: n, k: k, lda: ldx ?? k, ldb: ldw ?? k, ldc: ldy ?? n, aTransposed: false,
      bTransposed: true, accumulate: accumulate
    ).run()
  }

  /// y [M, N] = x [M, K] w, w [K, N].
  public static func times(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int? = nil, ldw: Int? = nil, ldy: Int? = nil, accumulate: Bool = false
  ) {
    Product(
      y: y, a: x, b: w, m: m, n: n, k: k, lda: ldx ?? k, ldb: ldw ?? n, ldc: ldy ?? n, aTransposed: false,
      bTransposed: false, accumulate: accumulate
    ).run()
  }

  /// y [M, N] = xᵀ w, x [K, M], w [K, N]: a weight's gradient.
  public static func transposedTimes(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    ldx: Int? = nil, ldw: Int? = nil, ldy: Int? = nil, accumulate: Bool = false
  ) {
    Product(
      y: y, a: x, b: w, m: m, n: n, k: k, lda: ldx ?? m, ldb: ldw ?? n, ldc: ldy ?? n, aTransposed: true,
      bTransposed: false, accumulate: accumulate
    ).run()
  }
}

/// One product C [M, N] (+)= A B: A is [M, K], or [K, M] transposed; B is [K, N], or [N, K] transposed.
struct Product {
  var y: UnsafeMutablePointer<Float>
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  var m: Int
  var n: Int
  var k: Int
  var lda: Int
  var ldb: Int
  var ldc: Int
  var aTransposed: Bool
  var bTransposed: Bool
  var accumulate: Bool

  /// Pieces that a product is cut into where it is large enough.
  private static let wantedPieces = 8
  /// Rows below which cutting rows does not pay.
  private static let leastRows = 64
  /// Floats of packed B that stay in the second-level cache.
  private static let packedLimit = 192 << 10
  /// Multiply-adds below which the calling thread does it alone.
  private static let serialLimit = 1 << 18

  /// Computes the product on all threads.
  func run() {
    guard m > 0, n > 0, k > 0 else { return }
    guard m * n * k > Self.serialLimit else { return runHere() }
    let unit = Products.usesOpenBLAS ? 32 : ck_panel_width()
    let units = (n + unit - 1) / unit
    let columnBlock = unit * max(1, (units + Self.wantedPieces - 1) / Self.wantedPieces)
    let across = (n + columnBlock - 1) / columnBlock
    let down = min((m + Self.leastRows - 1) / Self.leastRows, (Self.wantedPieces + across - 1) / across)
    let rowBlock = (m + down - 1) / down
    Threads.forEach(across * down) { piece, _ in
      let r = piece / across * rowBlock
      let c = piece % across * columnBlock
      part(rows: r..<min(m, r + rowBlock), columns: c..<min(n, c + columnBlock)).runHere()
    }
  }

  private func part(rows: Range<Int>, columns: Range<Int>) -> Product {
    var part = self
    part.y += rows.lowerBound * ldc + columns.lowerBound
    part.a += aTransposed ? rows.lowerBound : rows.lowerBound * lda
    part.b += bTransposed ? columns.lowerBound * ldb : columns.lowerBound
    part.m = max(0, rows.count)
    part.n = columns.count
    return part
  }

  /// Computes the product on the calling thread, for operations that are pieces themselves.
  func runHere() {
    guard m > 0, n > 0, k > 0 else { return }
    if Products.usesOpenBLAS { return BLAS.multiply(self) }
    let width = ck_panel_width()
    // K is cut where a packed piece of few panels would leave the cache; the cuts depend on K alone.
    let depth = min(k, max(256, Self.packedLimit / (2 * width)))
    let columns = max(width, Self.packedLimit / depth / width * width)
    PackBuffers.with(ck_pack_b_size(min(n, columns), depth)) { packed in
      for first in stride(from: 0, to: n, by: columns) {
        let count = min(columns, n - first)
        for start in stride(from: 0, to: k, by: depth) {
          let part = min(depth, k - start)
          let source = bTransposed ? b + first * ldb + start : b + start * ldb + first
          ck_pack_b(packed, source, count, part, ldb, bTransposed)
          ck_gemm(
            y + first, aTransposed ? a + start * lda : a + start, packed, m, count, part, lda, ldc, aTransposed,
            accumulate || start > 0)
        }
      }
    }
  }
}
