/// A right-hand side B [K, N].
enum RightSide {
  /// B[k][n] = data[k * stride + n], or data[n * stride + k] transposed.
  case matrix(UnsafePointer<Float>, stride: Int, transposed: Bool)
  /// A quantised W [rows, columns] as it is (B = W), or transposed (B = Wᵀ); expanded piece by piece.
  case quantized(QuantizedMatrix, transposed: Bool)
  /// What is packed already.
  case panels(Panels)

  var isTransposed: Bool {
    switch self {
    case .matrix(_, _, let transposed), .quantized(_, let transposed): transposed
    case .panels: false
    }
  }

  /// Floats of scratch that `plain` needs.
  func scratchSize(columns: Int, depth: Int) -> Int {
    if case .quantized = self { columns * depth } else { 0 }
  }

  /// A part of B as plain f32 rows, with their stride; nothing of what is packed already.
  func plain(
    columns: Range<Int>, depth: Range<Int>, scratch: UnsafeMutablePointer<Float>
  ) -> (UnsafePointer<Float>, Int)? {
    switch self {
    case .matrix(let data, let stride, let transposed):
      let (row, column) = transposed ? (columns.lowerBound, depth.lowerBound) : (depth.lowerBound, columns.lowerBound)
      return (data + row * stride + column, stride)
    case .quantized(let matrix, let transposed):
      let (rows, part) = transposed ? (columns, depth) : (depth, columns)
      matrix.expand(rows: rows, columns: part, into: scratch)
      return (UnsafePointer(scratch), part.count)
    case .panels: return nil
    }
  }
}
