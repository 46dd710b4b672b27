import CKernels
import Foundation
import Synchronization

/// The magnitudes m [out] that DoRA learns for a layer, and the norms that its direction is divided by.
///
/// Norms change with A and B alone: they are computed again when those have changed, and once where they are frozen.
public final class Magnitude: Sendable {
  public let parameter: Parameter
  private let known = Mutex<Known?>(nil)

  private struct Known {
    /// ‖W‖² of each row; the base never changes under an adapter.
    let squares: [Double]
    /// The factors that the norms belong to.
    let a: Tensor
    let b: Tensor
    let norms: Tensor
    /// Whether they were the delta's when it was frozen already.
    var isFrozen: Bool
  }

  /// - Parameter parameter: one number an output.
  public init(_ parameter: Parameter) { self.parameter = parameter }

  /// ‖W‖ of each row [out]: what magnitudes are at the start.
  public static func norms(of weight: WeightMatrix) -> Tensor {
    Tensor(shape: [weight.rows], values: weight.rowSquares().map { Float($0.squareRoot()) })
  }

  /// ‖W + scale * B A‖ of each row [out], a start taken off.
  func norms(of linear: Linear, delta: LowRankDelta, workspace: Workspace) -> Tensor {
    known.withLock { known in
      if var last = known {
        if last.isFrozen && !delta.isTrainable { return last.norms }
        if Self.areEqual(last.a, delta.a.value) && Self.areEqual(last.b, delta.b.value) {
          last.isFrozen = !delta.isTrainable
          known = last
          return last.norms
        }
      }
      let squares = known?.squares ?? linear.weight.rowSquares()
      let norms = Self.norms(of: linear.weight, squares: squares, delta: delta, workspace: workspace)
      known = Known(
        squares: squares, a: Self.copy(delta.a.value), b: Self.copy(delta.b.value), norms: norms,
        isFrozen: !delta.isTrainable)
      return norms
    }
  }

  /// From ‖W‖², without forming the sum: ‖W + s B A‖² = ‖W‖² + 2s B ⊙ (W Aᵀ) + s² B ⊙ (B (A Aᵀ)), summed over the rank.
  private static func norms(
    of weight: WeightMatrix, squares: [Double], delta: LowRankDelta, workspace: Workspace
  ) -> Tensor {
    let (a, b) = delta.combined
    let (rank, outputs) = (a.rows, weight.rows)
    let result = Tensor.zeros([outputs])
    workspace.scratch {
      let products = workspace.allocate([rank, outputs])
      let layer = AppliedLinear(Linear(name: "", weight: weight), delta: nil, rows: rank, workspace: workspace)
      LinearGroup.forward([layer], to: [products], x: a, workspace: workspace)
      let gram = workspace.allocate([rank, rank])
      Products.timesTransposed(gram.data, a.data, a.data, m: rank, n: rank, k: a.columns)
      let mixed = workspace.allocate([outputs, rank])
      Products.times(mixed.data, b.data, gram.data, m: outputs, n: rank, k: rank)
      let scale = Double(delta.scale)
      Threads.ranges(outputs, grain: 256) { range in
        for row in range {
          var (first, second) = (0.0, 0.0)
          for r in 0..<rank {
            let factor = Double(b.row(row)[r])
            first += factor * Double(products.row(r)[row])
            second += factor * Double(mixed.row(row)[r])
          }
          let square = squares[row] + 2 * scale * first + scale * scale * second
          // A row of zeros keeps its direction, which is none.
          result.data[row] = max(Float(max(0, square).squareRoot()), .leastNormalMagnitude)
        }
      }
    }
    return result
  }

  private static func areEqual(_ x: Tensor, _ y: Tensor) -> Bool {
    memcmp(x.data, y.data, x.count * MemoryLayout<Float>.size) == 0
  }

  private static func copy(_ tensor: Tensor) -> Tensor {
    let copy = Tensor.zeros(tensor.shape)
    copy.copy(from: tensor)
    return copy
  }
}

extension WeightMatrix {
  /// ‖W‖² of each row; a rounded matrix is expanded row by row.
  func rowSquares() -> [Double] {
    var squares = [Double](repeating: 0, count: rows)
    squares.withUnsafeMutableBufferPointer { buffer in
      let sums = UncheckedSendable(value: buffer)
      Threads.ranges(rows, grain: 32) { range in
        PackBuffers.with(columns) { scratch in
          for row in range {
            switch self {
            case .dense(let parameter): sums.value[row] = ck_sum_squares(parameter.value.row(row), columns)
            case .quantized(let matrix):
              matrix.expand(rows: row..<row + 1, columns: 0..<columns, into: scratch)
              sums.value[row] = ck_sum_squares(scratch, columns)
            }
          }
        }
      }
    }
    return squares
  }
}
