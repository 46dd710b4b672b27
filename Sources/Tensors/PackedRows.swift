import CKernels
import Foundation

/// A left-hand side A [rows, depth] in the form that products read: the kernels' tiles in f32 or in integers, or plain
/// rows for OpenBLAS.
///
/// Packed once, it meets any number of right-hand sides. Different row ranges may be packed by different threads; a
/// range starts at a multiple of `PackedRows.unit`.
struct PackedRows: @unchecked Sendable {
  let data: UnsafeMutablePointer<Float>
  let rows: Int
  let depth: Int
  let form: MatmulPrecision.Form

  /// Whole tiles of every level (4, 6 and 8 rows).
  static let unit = 24
  /// Rows that one thread packs and multiplies at a time.
  static let grain = 4 * unit

  /// Floats that the packed form takes.
  static func size(rows: Int, depth: Int, form: MatmulPrecision.Form = .f32) -> Int {
    Products.usesOpenBLAS ? rows * depth : ck_pack_a_size(rows, form.length(depth))
  }

  init(_ data: UnsafeMutablePointer<Float>, rows: Int, depth: Int, form: MatmulPrecision.Form = .f32) {
    self.data = data
    self.rows = rows
    self.depth = depth
    self.form = form
  }

  init(rows: Int, depth: Int, form: MatmulPrecision.Form = .f32, workspace: Workspace) {
    let size = Self.size(rows: rows, depth: depth, form: form)
    self.init(workspace.allocate([size]).data, rows: rows, depth: depth, form: form)
  }

  static func withBuffer<Result>(rows: Int, depth: Int, _ body: (PackedRows) -> Result) -> Result {
    PackBuffers.with(size(rows: rows, depth: depth)) { body(PackedRows($0, rows: rows, depth: depth)) }
  }

  /// Packs a range of rows of x [rows, depth].
  func pack(_ range: Range<Int>, from x: Tensor) { pack(range, from: x.data, stride: x.columns) }

  /// Packs a range of rows: row m is at src + m * stride, or, transposed, column m of src [depth, stride].
  func pack(_ range: Range<Int>, from src: UnsafePointer<Float>, stride: Int, transposed: Bool = false) {
    let source = src + (transposed ? range.lowerBound : range.lowerBound * stride)
    let target = data + range.lowerBound * form.length(depth)
    if let integers = form.integers {
      ck_pack_a_integers(target, source, range.count, depth, stride, transposed, integers)
    } else if !Products.usesOpenBLAS {
      ck_pack_a(target, source, range.count, depth, stride, transposed)
    } else if transposed {
      for row in 0..<range.count {
        for k in 0..<depth { target[row * depth + k] = source[k * stride + row] }
      }
    } else {
      for row in 0..<range.count {
        memcpy(target + row * depth, source + row * stride, depth * MemoryLayout<Float>.size)
      }
    }
  }
}
