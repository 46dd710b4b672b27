import CKernels
import Foundation

/// Matrix products on all threads.
///
/// On processors with AVX2 or AVX-512 they run on kernels of our own: the left-hand side is packed once, pieces of the
/// right-hand side where they are used. Elsewhere, or with `TOUCHSTONE_PRODUCTS=openblas`, OpenBLAS does them. Either
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
}

/// One product C [M, N] (+)= A B of plain matrices: A is [M, K], or [K, M] transposed; B is [K, N], or [N, K]
/// transposed.
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

  /// Multiply-adds below which the calling thread does it alone.
  private static let serialLimit = 1 << 18
  /// Longest part of K that is packed at once, so that the packed left-hand side stays small.
  private static let depthLimit = 4096

  /// Computes the product on all threads.
  func run() {
    guard m * n * k > Self.serialLimit else { return runHere() }
    parts { part in
      PackedRows.withBuffer(rows: m, depth: part.k) { rows in
        Threads.ranges(m, grain: PackedRows.grain) { part.pack($0, into: rows) }
        ProductSum.run([part.sum(rows)])
      }
    }
  }

  /// Computes the product on the calling thread, for operations that are pieces themselves.
  func runHere() {
    parts { part in
      PackedRows.withBuffer(rows: m, depth: part.k) { rows in
        part.pack(0..<m, into: rows)
        part.sum(rows).compute(rows: 0..<m, columns: 0..<n)
      }
    }
  }

  private func pack(_ range: Range<Int>, into rows: PackedRows) {
    rows.pack(range, from: a, stride: lda, transposed: aTransposed)
  }

  private func sum(_ rows: PackedRows) -> ProductSum {
    ProductSum(
      y: y, stride: ldc, rows: m, columns: n,
      terms: [ProductTerm(a: rows, b: .matrix(b, stride: ldb, transposed: bTransposed))], accumulate: accumulate)
  }

  /// The product as a sum over even parts of K.
  private func parts(_ body: (Product) -> Void) {
    guard m > 0, n > 0, k > 0 else { return }
    let count = (k + Self.depthLimit - 1) / Self.depthLimit
    let depth = (k + count - 1) / count
    for start in stride(from: 0, to: k, by: depth) {
      var part = self
      part.k = min(depth, k - start)
      part.a += aTransposed ? start * lda : start
      part.b += bTransposed ? start : start * ldb
      part.accumulate = accumulate || start > 0
      body(part)
    }
  }
}
