/// Floats of the workspace that operations take while they run, for estimates of memory.

extension LinearGroup {
  /// A packed left-hand side.
  public static func packedFloats(rows: Int, depth: Int) -> Int { PackedRows.size(rows: rows, depth: depth) }

  /// A left-hand side that weights and low-rank factors multiply.
  public static func packedFloats(rows: Int, depth: Int, precision: MatmulPrecision) -> Int {
    PackedRows.size(rows: rows, depth: depth, form: precision.form)
  }
}

extension MatmulPrecision {
  /// Floats that a frozen f32 weight [rows, columns] takes beside itself once it was used in both directions.
  public func packedWeightFloats(rows: Int, columns: Int) -> Int {
    guard form == .int8 else { return 0 }
    return packedFloats(rows: rows, columns: columns, form)
  }

  /// The same for a frozen output matrix [V, C].
  public func packedHeadFloats(rows: Int, columns: Int) -> Int {
    guard form == .int8, headForm != .f32 else { return 0 }
    return packedFloats(rows: rows, columns: columns, headForm)
  }

  private func packedFloats(rows: Int, columns: Int, _ form: Form) -> Int {
    PackedColumns.size(depth: columns, columns: rows, form: form)
      + PackedColumns.size(depth: rows, columns: columns, form: form)
  }
}

extension Attention {
  /// The scores of one tile of queries over so many keys.
  public static func tileFloats(keys: Int) -> Int { tileRows * (keys + 1) }

  /// The packed keys, or values, of so many rows, but for what fills up the panels of each segment.
  public static func packedKeyFloats(rows: Int, keyHeads: Int, headSize: Int) -> Int {
    Products.usesOpenBLAS ? 0 : rows * keyHeads * KeyPlaces.padded(headSize)
  }
}

extension VocabularyHead {
  /// The largest block of targets: its logits, unless they are kept elsewhere, and what is packed to compute them or
  /// their gradients.
  public static func blockFloats(
    targets: Int, vocabulary: Int, width: Int, trains: Bool, keepsLogits: Bool, precision: MatmulPrecision
  ) -> Int {
    let rows = min(targets, rowBlock)
    let words = min(vocabulary, chunk)
    let gradients =
      PackedRows.size(rows: rows, depth: chunk, form: precision.headForm)
      + (trains ? PackedRows.size(rows: words, depth: rows, form: precision.headForm) : 0)
    return (keepsLogits ? 0 : rows * vocabulary)
      + max(PackedRows.size(rows: rows, depth: width, form: precision.headForm), gradients)
  }
}

extension WeightFormat {
  /// Bytes that a matrix takes in memory; one whose columns the format cannot divide stays f32.
  public func byteCount(rows: Int, columns: Int) -> Int {
    let count = rows * columns
    guard columns % columnMultiple == 0 else { return 4 * count }
    switch self {
    case .f32: return 4 * count
    case .bf16: return 2 * count
    case .int8: return count + 4 * (count / 32)
    case .nf4: return count / 2 + count / 64 + 4 * (count / 64 + 255) / 256
    }
  }
}
