/// How GGUF holds a tensor's values; raw values are ggml's numbers of the types.
public enum GGUFType: UInt32, Sendable, Hashable, CaseIterable {
  case f32 = 0
  case f16 = 1
  case bf16 = 30
  /// Blocks of 32: a scale and 8 bits a weight.
  case q80 = 8
  /// Blocks of 32: a scale and 4 bits a weight.
  case q40 = 2
  /// Blocks of 32: a scale and 5 bits a weight.
  case q50 = 6
  /// Blocks of 256: 8 parts with a scale and an offset of 6 bits each, and 4 bits a weight.
  case q4K = 12

  /// Weights that share a scale; a row's length is a multiple of it.
  public var blockSize: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q80, .q40, .q50: 32
    case .q4K: 256
    }
  }

  /// Bytes of a block.
  public var blockBytes: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q80: 34
    case .q40: 18
    case .q50: 22
    case .q4K: 144
    }
  }

  /// What llama.cpp calls it.
  var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .bf16: "BF16"
    case .q80: "Q8_0"
    case .q40: "Q4_0"
    case .q50: "Q5_0"
    case .q4K: "Q4_K"
    }
  }

  public var isQuantized: Bool { blockSize > 1 }

  /// Bytes of a row of so many weights.
  public func bytes(columns: Int) -> Int { columns / blockSize * blockBytes }
}

/// What most tensors of a GGUF file are kept as.
public enum GGUFPrecision: String, Sendable, Hashable, CaseIterable {
  case f32, f16, bf16
  case q80 = "q8_0"
  case q40 = "q4_0"
  case q4K = "q4_k"

  /// The number under `general.file_type`; 14 is what llama.cpp calls Q4_K_S, in which all layers have four bits.
  var fileType: UInt32 {
    switch self {
    case .f32: 0
    case .f16: 1
    case .bf16: 32
    case .q80: 7
    case .q40: 2
    case .q4K: 14
    }
  }

  private var type: GGUFType {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    case .q80: .q80
    case .q40: .q40
    case .q4K: .q4K
    }
  }

  /// The type of one tensor: vectors stay f32, and the output matrix has at least eight bits. A row that blocks of 256
  /// do not divide gets Q5_0, as in llama.cpp's `llama_tensor_get_type`, and one that 32 does not divide f16.
  ///
  /// - Parameter isOutput: whether the tensor makes the logits, which an embedding may do as well.
  package func type(shape: [Int], isOutput: Bool) -> GGUFType {
    guard shape.count > 1 else { return .f32 }
    let wanted = type.isQuantized && isOutput ? .q80 : type
    let columns = shape[shape.count - 1]
    if columns % wanted.blockSize == 0 { return wanted }
    return columns % GGUFType.q50.blockSize == 0 ? .q50 : .f16
  }
}
