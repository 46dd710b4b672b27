import CKernels
import Foundation

/// Copies of chosen rows, and sums back into them.
public enum RowAccess {
  /// y [n, C]: row i is x[rows[i]] * scale.
  public static func gather(_ y: Tensor, from x: Tensor, rows: [Int], scale: Float = 1) {
    let width = x.columns
    for (index, row) in rows.enumerated() {
      memcpy(y.row(index), x.row(row), width * MemoryLayout<Float>.size)
    }
    if scale != 1 { ck_scale(y.data, scale, y.count) }
  }

  /// x[rows[i]] += scale * y[i], in order, so that repeated rows have one sum.
  public static func scatterAdd(_ x: Tensor, from y: Tensor, rows: [Int], scale: Float = 1) {
    for (index, row) in rows.enumerated() { ck_axpy(x.row(row), scale, y.row(index), x.columns) }
  }
}
