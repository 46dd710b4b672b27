import CKernels

/// Quantises a matrix a few rows at a time, so that neither the whole matrix nor all its codes need be in memory.
///
/// The codes are those of `QuantizedMatrix`, however the rows are cut.
public final class RowQuantizer: @unchecked Sendable {
  public let rows: Int
  public let columns: Int
  public let format: WeightFormat
  /// int8 and NF4: the scale of each group.
  private let groups: HeapMemory?

  /// - Precondition: `format` is not f32 and the columns are a multiple of its `columnMultiple`.
  public init(rows: Int, columns: Int, format: WeightFormat) {
    precondition(format != .f32 && columns % format.columnMultiple == 0, "\(columns) columns as \(format)")
    self.rows = rows
    self.columns = columns
    self.format = format
    groups = format == .bf16 ? nil : HeapMemory(count: rows * columns / format.columnMultiple)
  }

  /// Bytes of the codes of a row.
  public var rowBytes: Int { columns * format.codeBits / 8 }

  /// Writes the codes of a range of rows; `dense` holds these rows alone. Each row once, in any order.
  public func quantize(_ dense: UnsafePointer<Float>, rows range: Range<Int>, into codes: UnsafeMutableRawPointer) {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows)
    Threads.ranges(range.count, grain: 32) { part in
      let count = part.count * columns
      let source = dense + part.lowerBound * columns
      let codes = codes + part.lowerBound * rowBytes
      let first = (range.lowerBound + part.lowerBound) * columns
      switch format {
      case .f32: break
      case .bf16: ck_f32_to_bf16(codes.assumingMemoryBound(to: UInt16.self), source, count)
      case .int8: ck_quantize_q8(codes.assumingMemoryBound(to: Int8.self), groups!.data + first / 32, source, count)
      case .nf4: ck_quantize_nf4(codes.assumingMemoryBound(to: UInt8.self), groups!.data + first / 64, source, count)
      }
    }
  }

  /// The scales of all rows; NF4's are quantised in their turn.
  public func scales() -> QuantizedMatrix.Scales {
    guard let groups else { return .none }
    let count = rows * columns / format.columnMultiple
    guard format == .nf4 else { return .plain(FixedMemory(groups, byteCount: 4 * count)) }
    return .quantized(QuantizedScales(UnsafeBufferPointer(start: groups.data, count: count)))
  }

  /// The matrix whose codes `fill` writes, in memory of its own.
  public func matrix(_ fill: (_ codes: UnsafeMutableRawPointer) throws -> Void) rethrows -> QuantizedMatrix {
    let codes = HeapMemory(bytes: rows * rowBytes)
    try fill(codes.data)
    return QuantizedMatrix(
      rows: rows, columns: columns, format: format, codes: FixedMemory(codes, byteCount: rows * rowBytes),
      scales: scales())
  }
}
