/// What the masks of a training pass are a function of, together with the layer and the row: no state to save, the same
/// mask for any number of threads and wherever a pass is computed again.
public struct DropoutKey: Sendable, Hashable {
  public let seed: UInt64
  public let step: Int
  /// Rows of the step that lie before this pass's, so that masks do not depend on how a step is cut into micro-batches.
  public let firstRow: Int

  public init(seed: UInt64, step: Int, firstRow: Int) {
    self.seed = seed
    self.step = step
    self.firstRow = firstRow
  }
}

/// Which elements of a layer's input [T, in] a pass keeps: inverted dropout, so that the mean is unchanged.
///
/// The share is rounded to 1/65536, and kept elements are scaled by what the rounded share leaves.
struct DropoutMask: Sendable {
  private let layer: UInt64
  private let firstRow: Int
  /// Of 65536: 16 bits below this drop an element.
  private let threshold: UInt64
  let scale: Float

  /// - Returns: nil where nothing is dropped.
  init?(share: Float, key: DropoutKey, layer: String) {
    threshold = UInt64(min(65535, max(0, (share * 65536).rounded())))
    guard threshold > 0 else { return nil }
    var generator = CounterGenerator(seed: key.seed, purpose: "dropout " + layer, step: key.step)
    self.layer = generator.next()
    firstRow = key.firstRow
    scale = 65536 / (65536 - Float(threshold))
  }

  /// The factors of a row: 0 or `scale`.
  func factors(_ row: Int, _ y: UnsafeMutablePointer<Float>, count: Int) {
    var generator = CounterGenerator(seed: layer, purpose: "", item: firstRow + row)
    for start in stride(from: 0, to: count, by: 4) {
      var bits = generator.next()
      for index in start..<min(count, start + 4) {
        y[index] = bits & 0xFFFF < threshold ? 0 : scale
        bits >>= 16
      }
    }
  }

  /// Rows of y [T, in] = x with the mask.
  func apply(_ y: Tensor, _ x: Tensor, rows: Range<Int>) {
    let width = x.columns
    for row in rows {
      let (y, x) = (y.row(row), x.row(row))
      factors(row, y, count: width)
      for index in 0..<width { y[index] *= x[index] }
    }
  }

  /// Rows of y [T, in] += x with the mask.
  func add(_ y: Tensor, _ x: Tensor, rows: Range<Int>) {
    let width = x.columns
    PackBuffers.with(width) { factors in
      for row in rows {
        let (y, x) = (y.row(row), x.row(row))
        self.factors(row, factors, count: width)
        for index in 0..<width { y[index] += factors[index] * x[index] }
      }
    }
  }
}
