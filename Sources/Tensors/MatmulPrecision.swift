import CKernels

/// How exactly products with weights are computed.
///
/// The names are those of `torch.set_float32_matmul_precision`.
public enum MatmulPrecision: String, Sendable, CaseIterable, Codable {
  /// In f32.
  case highest
  /// Both operands in 16-bit integers with a scale for every 64, where that is faster: a product is off by 1.4e-4 to 3e-4
  /// of its norm, the more the heavier the tails of its numbers. TF32 is off by 2.6e-4 to 3e-4.
  case high
  /// Both operands in 8-bit integers with a scale for every 64: a product is off by 1.5 to 3% of its norm, about as with
  /// the 8-bit floats of DeepSeek-V3 (arXiv 2412.19437, section 3.3). As there, the output matrix stays more exact: its
  /// products are those of `high`.
  case medium

  /// What packed operands consist of.
  enum Form {
    case f32, int16, int8

    /// The kernels' name of integers.
    var integers: ck_integers? {
      switch self {
      case .f32: nil
      case .int16: CK_INT16
      case .int8: CK_INT8
      }
    }

    /// Floats that `depth` elements of a row or column take.
    func length(_ depth: Int) -> Int { integers.map { ck_integer_length($0, depth) } ?? depth }

    /// The even slices that a product of this depth is cut into: whole groups of integers, so perhaps more than there is.
    func slice(_ depth: Int) -> Int {
      let limit = integers.map { ck_integer_slice_limit($0) } ?? ck_slice_limit()
      let count = max(1, (depth + limit - 1) / limit)
      let slice = (depth + count - 1) / count
      return self == .f32 ? slice : (slice + Int(CK_INTEGER_GROUP) - 1) / Int(CK_INTEGER_GROUP) * Int(CK_INTEGER_GROUP)
    }
  }

  /// The form of what is multiplied by the output matrix.
  var headForm: Form { self == .medium ? MatmulPrecision.high.form : form }

  /// The form of what is multiplied by other weights.
  var form: Form {
    let wanted: Form =
      switch self {
      case .highest: .f32
      case .high: .int16
      case .medium: .int8
      }
    guard let integers = wanted.integers, !Products.usesOpenBLAS, ck_integers_pay(integers) else { return .f32 }
    return wanted
  }
}
