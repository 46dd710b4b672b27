import CKernels
import Foundation

/// A frozen matrix [rows, columns] in fewer bits, expanded to f32 piece by piece inside products.
public final class QuantizedMatrix: @unchecked Sendable {
  public let rows: Int
  public let columns: Int
  public let format: WeightFormat
  /// bf16: 2 bytes a weight; int8: one; nf4: one for two, the first in the high nibble.
  public let codes: FixedMemory
  public let scales: Scales

  public enum Scales: Sendable {
    /// bf16 has none.
    case none
    /// One f32 a group of int8, or a block of NF4 without double quantisation.
    case plain(FixedMemory)
    case quantized(QuantizedScales)
  }

  /// Quantises a dense matrix.
  ///
  /// - Precondition: `format` is not f32 and the columns are a multiple of its `columnMultiple`.
  public convenience init(_ dense: Tensor, format: WeightFormat) {
    let quantizer = RowQuantizer(rows: dense.rows, columns: dense.columns, format: format)
    let codes = HeapMemory(bytes: dense.rows * quantizer.rowBytes)
    quantizer.quantize(dense.data, rows: 0..<dense.rows, into: codes.data)
    self.init(
      rows: dense.rows, columns: dense.columns, format: format,
      codes: FixedMemory(codes, byteCount: dense.rows * quantizer.rowBytes), scales: quantizer.scales())
  }

  /// A matrix that is quantised already, where it lies; bf16 codes and f32 scales must be aligned.
  ///
  /// - Precondition: Codes and scales have the sizes of the shape.
  public init(rows: Int, columns: Int, format: WeightFormat, codes: FixedMemory, scales: Scales) {
    precondition(format != .f32 && columns % format.columnMultiple == 0, "\(columns) columns as \(format)")
    precondition(codes.byteCount == rows * columns * format.codeBits / 8, "\(codes.byteCount) bytes of codes")
    let groups = rows * columns / format.columnMultiple
    switch scales {
    case .none: precondition(format == .bf16)
    case .plain(let memory): precondition(format != .bf16 && memory.byteCount == 4 * groups)
    case .quantized(let quantized): precondition(format == .nf4 && quantized.count == groups)
    }
    self.rows = rows
    self.columns = columns
    self.format = format
    self.codes = codes
    self.scales = scales
  }

  /// Bytes of codes and scales.
  public var byteCount: Int {
    codes.byteCount
      + {
        switch scales {
        case .none: 0
        case .plain(let memory): memory.byteCount
        case .quantized(let scales): scales.byteCount
        }
      }()
  }

  /// y [rows, columns] of the range = that part of the matrix as f32, rows next to each other.
  package func expand(rows: Range<Int>, columns part: Range<Int>, into y: UnsafeMutablePointer<Float>) {
    if part.count == columns {
      expand(rows.lowerBound * columns, rows.count * columns, y)
      return
    }
    let unit = format.columnMultiple
    let whole = part.lowerBound / unit * unit..<(part.upperBound + unit - 1) / unit * unit
    if whole == part {
      for (index, row) in rows.enumerated() {
        expand(row * columns + part.lowerBound, part.count, y + index * part.count)
      }
      return
    }
    // A part that cuts a group: its groups are expanded whole, and the part is copied out of them.
    PackBuffers.with(whole.count) { scratch in
      for (index, row) in rows.enumerated() {
        expand(row * columns + whole.lowerBound, whole.count, scratch)
        (y + index * part.count).update(from: scratch + part.lowerBound - whole.lowerBound, count: part.count)
      }
    }
  }

  /// A range of whole rows as f32, on all threads.
  public func expandRows(_ rows: Range<Int>, into y: UnsafeMutablePointer<Float>) {
    Threads.ranges(rows.count, grain: 16) { part in
      expand((rows.lowerBound + part.lowerBound) * columns, part.count * columns, y + part.lowerBound * columns)
    }
  }

  /// Calls `body` with the scales of the groups in `count` weights from weight `first` on.
  private func withScales(_ first: Int, _ count: Int, _ body: (UnsafePointer<Float>) -> Void) {
    let unit = format.columnMultiple
    switch scales {
    case .none: preconditionFailure("bf16 has no scales")
    case .plain(let groups): body(groups.as(Float.self) + first / unit)
    case .quantized(let blocks): blocks.with(first / unit..<(first + count) / unit, body)
    }
  }

  private func expand(_ first: Int, _ count: Int, _ y: UnsafeMutablePointer<Float>) {
    switch format {
    case .f32: break
    case .bf16: ck_bf16_to_f32(y, codes.as(UInt16.self) + first, count)
    case .int8: withScales(first, count) { ck_expand_q8(y, codes.as(Int8.self) + first, $0, count) }
    case .nf4: withScales(first, count) { ck_expand_nf4(y, codes.as(UInt8.self) + first / 2, $0, count) }
    }
  }

  /// y [T, outputs] (+)= x [T, columns] Wᵀ for a range of outputs; rows of y are `stride` apart.
  func stream(
    _ y: UnsafeMutablePointer<Float>, x: Tensor, outputs: Range<Int>, stride: Int, accumulate: Bool
  ) {
    let first = outputs.lowerBound * columns
    switch format {
    case .f32: break
    case .bf16:
      ck_rows_bf16(
        y, x.data, codes.as(UInt16.self) + first, x.rows, outputs.count, columns, stride, accumulate)
    case .int8:
      withScales(first, outputs.count * columns) {
        ck_rows_q8(
          y, x.data, codes.as(Int8.self) + first, $0, x.rows, outputs.count, columns, stride, accumulate)
      }
    case .nf4:
      withScales(first, outputs.count * columns) {
        ck_rows_nf4(
          y, x.data, codes.as(UInt8.self) + first / 2, $0, x.rows, outputs.count, columns, stride, accumulate)
      }
    }
  }
}
