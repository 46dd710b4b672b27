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

  /// What packed operands consist of.
  enum Form {
    case f32, int16

    /// Floats that `depth` elements of a row or column take.
    func length(_ depth: Int) -> Int { self == .f32 ? depth : ck_int16_length(depth) }

    /// The even slices that a product of this depth is cut into: whole groups of integers, so perhaps more than there is.
    func slice(_ depth: Int) -> Int {
      let limit = self == .f32 ? ck_slice_limit() : ck_int16_slice_limit()
      let count = max(1, (depth + limit - 1) / limit)
      let slice = (depth + count - 1) / count
      return self == .f32 ? slice : (slice + Int(CK_INT16_GROUP) - 1) / Int(CK_INT16_GROUP) * Int(CK_INT16_GROUP)
    }
  }

  /// The form of what is multiplied by weights.
  var form: Form { self == .high && !Products.usesOpenBLAS && ck_int16_pays() ? .int16 : .f32 }
}
