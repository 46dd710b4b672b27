import CKernels
import Foundation

/// How a frozen weight is kept in memory.
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
}

/// A frozen matrix [rows, columns] in fewer bits, expanded to f32 piece by piece inside products.
public final class QuantizedMatrix: @unchecked Sendable {
  public let rows: Int
  public let columns: Int
  public let format: WeightFormat
  /// bf16: 2 bytes a weight; int8: one; nf4: one for two, the first in the high nibble.
  private let codes: HeapMemory
  private let scales: Scales

  private enum Scales {
    case none
    /// One a group.
    case plain(HeapMemory)
    case quantized(QuantizedScales)
  }

  /// Quantises a dense matrix.
  ///
  /// - Precondition: `format` is not f32 and the columns are a multiple of its `columnMultiple`.
  public init(_ dense: Tensor, format: WeightFormat) {
    rows = dense.rows
    columns = dense.columns
    self.format = format
    precondition(format != .f32 && columns % format.columnMultiple == 0, "\(columns) columns as \(format)")
    let (rows, columns) = (rows, columns)
    let codes = HeapMemory(bytes: dense.count * Self.bits(format) / 8)
    switch format {
    case .f32, .bf16:
      scales = .none
      Self.forRows(rows) { range in
        ck_f32_to_bf16(
          codes.as(UInt16.self) + range.lowerBound * columns, dense.row(range.lowerBound), range.count * columns)
      }
    case .int8:
      let groups = HeapMemory(count: dense.count / 32)
      Self.forRows(rows) { range in
        let first = range.lowerBound * columns
        ck_quantize_q8(
          codes.as(Int8.self) + first, groups.data + first / 32, dense.data + first, range.count * columns)
      }
      scales = .plain(groups)
    case .nf4:
      let blocks = HeapMemory(count: dense.count / 64)
      Self.forRows(rows) { range in
        let first = range.lowerBound * columns
        ck_quantize_nf4(
          codes.as(UInt8.self) + first / 2, blocks.data + first / 64, dense.data + first, range.count * columns)
      }
      scales = .quantized(QuantizedScales(UnsafeBufferPointer(start: blocks.data, count: dense.count / 64)))
    }
    self.codes = codes
  }

  /// NF4 codes, two a byte.
  package var codeBytes: [UInt8] { Array(UnsafeBufferPointer(start: codes.as(UInt8.self), count: rows * columns / 2)) }

  /// Bytes in memory.
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

  private static func bits(_ format: WeightFormat) -> Int {
    switch format {
    case .f32: 32
    case .bf16: 16
    case .int8: 8
    case .nf4: 4
    }
  }

  private static func forRows(_ rows: Int, _ body: (Range<Int>) -> Void) { Threads.ranges(rows, grain: 32, body) }

  /// y [rows, columns] of the range = that part of the matrix as f32, rows next to each other.
  package func expand(rows: Range<Int>, columns part: Range<Int>, into y: UnsafeMutablePointer<Float>) {
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

  private func expand(_ first: Int, _ count: Int, _ y: UnsafeMutablePointer<Float>) {
    switch scales {
    case .none: ck_bf16_to_f32(y, codes.as(UInt16.self) + first, count)
    case .plain(let groups): ck_expand_q8(y, codes.as(Int8.self) + first, groups.data + first / 32, count)
    case .quantized(let blocks):
      blocks.with(first / 64..<(first + count) / 64) { ck_expand_nf4(y, codes.as(UInt8.self) + first / 2, $0, count) }
    }
  }

  /// y [T, outputs] (+)= x [T, columns] Wᵀ for a range of outputs; rows of y are `stride` apart.
  func stream(
    _ y: UnsafeMutablePointer<Float>, x: Tensor, outputs: Range<Int>, stride: Int, accumulate: Bool
  ) {
    let first = outputs.lowerBound * columns
    switch scales {
    case .none:
      ck_rows_bf16(
        y, x.data, codes.as(UInt16.self) + first, x.rows, outputs.count, columns, stride, accumulate)
    case .plain(let groups):
      ck_rows_q8(
        y, x.data, codes.as(Int8.self) + first, groups.data + first / 32, x.rows, outputs.count, columns, stride,
        accumulate)
    case .quantized(let blocks):
      blocks.with(first / 64..<(first + outputs.count * columns) / 64) {
        ck_rows_nf4(
          y, x.data, codes.as(UInt8.self) + first / 2, $0, x.rows, outputs.count, columns, stride, accumulate)
      }
    }
  }
}
