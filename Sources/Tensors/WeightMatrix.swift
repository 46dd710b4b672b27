import CKernels

/// A weight matrix [out, in], frozen or trained, dense or quantised; nothing outside `Tensors` asks what is inside.
public enum WeightMatrix: Sendable {
  case dense(Parameter)
  case quantized(QuantizedMatrix)

  /// Outputs.
  public var rows: Int {
    switch self {
    case .dense(let parameter): parameter.value.shape[0]
    case .quantized(let matrix): matrix.rows
    }
  }

  /// Inputs.
  public var columns: Int {
    switch self {
    case .dense(let parameter): parameter.value.shape[1]
    case .quantized(let matrix): matrix.columns
    }
  }

  /// The trainable form; a quantised matrix has none.
  public var parameter: Parameter? {
    if case .dense(let parameter) = self { parameter } else { nil }
  }

  public var isTrainable: Bool { parameter?.isTrainable == true }

  /// The matrix as the right-hand side of dx = dy W, or, transposed, of y = x Wᵀ.
  func side(transposed: Bool) -> RightSide {
    switch self {
    case .dense(let parameter): .matrix(parameter.value.data, stride: columns, transposed: transposed)
    case .quantized(let matrix): .quantized(matrix, transposed: transposed)
    }
  }

  /// y [n, in]: row i is the matrix's row `chosen[i]`.
  public func gather(_ y: Tensor, rows chosen: [Int]) {
    switch self {
    case .dense(let parameter): RowAccess.gather(y, from: parameter.value, rows: chosen)
    case .quantized(let matrix):
      for (index, row) in chosen.enumerated() {
        matrix.expand(rows: row..<row + 1, columns: 0..<columns, into: y.row(index))
      }
    }
  }

  /// y [T, outputs] (+)= x [T, in] Wᵀ for a range of outputs, on the calling thread, by streaming the weights once: the
  /// product of generation, for at most 32 rows. A row's result does not depend on how many rows there are.
  func stream(_ y: Tensor, x: Tensor, outputs: Range<Int>, accumulate: Bool) {
    let out = y.data + outputs.lowerBound
    switch self {
    case .dense(let parameter):
      ck_rows_f32(
        out, x.data, parameter.value.row(outputs.lowerBound), x.rows, outputs.count, columns, rows, accumulate)
    case .quantized(let matrix):
      matrix.stream(out, x: x, outputs: outputs, stride: rows, accumulate: accumulate)
    }
  }
}
