import CKernels
import Foundation

/// Cosines and sines of rotary position embedding (Su et al. 2021), "rotate half" pairing.
public final class RotaryTable: Sendable {
  public let headSize: Int
  public let positions: Int
  private let cosine: Tensor
  private let sine: Tensor

  /// - Parameters:
  ///   - theta: base of the wavelengths.
  ///   - positions: number of positions the table covers.
  public init(headSize: Int, theta: Double, positions: Int) {
    self.headSize = headSize
    self.positions = positions
    let half = headSize / 2
    cosine = .zeros([positions, half])
    sine = .zeros([positions, half])
    // The frequency is rounded to f32 before the product, as the reference implementation does.
    let frequencies = (0..<half).map { 1 / Float(pow(theta, Double(2 * $0) / Double(headSize))) }
    for position in 0..<positions {
      for index in 0..<half {
        let angle = Float(position) * frequencies[index]
        cosine.row(position)[index] = cos(angle)
        sine.row(position)[index] = sin(angle)
      }
    }
  }

  /// Rotates x [T, heads * headSize] in place; `inverse` rotates back, which is also the gradient.
  public func rotate(_ x: Tensor, positions: [Int32], heads: Int, inverse: Bool = false) {
    rotate(x.data, stride: x.columns, positions: positions, heads: heads, inverse: inverse)
  }

  func rotate(
    _ x: UnsafeMutablePointer<Float>, stride: Int, positions: [Int32], heads: Int, inverse: Bool
  ) {
    positions.withUnsafeBufferPointer { positions in
      let base = positions.baseAddress!
      Threads.ranges(positions.count, grain: 128) { rows in
        ck_rope(
          x + rows.lowerBound * stride, base + rows.lowerBound, cosine.data, sine.data, rows.count, heads, headSize,
          stride, inverse)
      }
    }
  }
}
