/// How a frozen weight is kept, in memory and in files.
public enum WeightFormat: String, Sendable, CaseIterable, Codable {
  case f32
  /// Rounded to bfloat16: 16 bits a weight.
  case bf16
  /// 8-bit integers in groups of 32 with an f32 scale: 9 bits a weight.
  case int8
  /// 4-bit NormalFloat in blocks of 64, scales quantised again in blocks of 256: 4.127 bits a weight (QLoRA, Dettmers
  /// et al. 2023).
  case nf4

  /// What embeddings and the output matrix are kept as: QLoRA leaves them in 16 bits.
  public var ofEmbeddings: WeightFormat { self == .nf4 ? .bf16 : self }

  /// Columns that a matrix of this format has a multiple of.
  public var columnMultiple: Int {
    switch self {
    case .f32, .bf16: 1
    case .int8: 32
    case .nf4: 64
    }
  }

  /// Bits of one code, without scales.
  public var codeBits: Int {
    switch self {
    case .f32: 32
    case .bf16: 16
    case .int8: 8
    case .nf4: 4
    }
  }
}
