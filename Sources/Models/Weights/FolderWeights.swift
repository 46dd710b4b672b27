import CKernels
import Foundation
import Tensors

/// The weights of a Hugging Face folder, dense or rounded, left in the file until they are read.
public struct FolderWeights: WeightSource {
  public let configuration: ModelConfiguration
  /// What they are rounded to already; nil for f32, bf16 and f16.
  public let format: WeightFormat?
  let files: SafetensorsFolder

  /// - Throws: `ModelError` naming the file that is missing or damaged.
  public init(_ folder: URL) throws {
    configuration = try ModelConfiguration(folder: folder)
    format = try WeightFormat.stored(inFolder: folder)
    files = try SafetensorsFolder(folder)
  }

  /// Checks that every weight is there in its shape, without reading values.
  ///
  /// - Throws: `ModelError` naming the tensor.
  public func check() throws { for weight in configuration.weights { _ = try rows(of: weight) } }

  /// Whether a model in `wanted` can be mapped as it lies.
  public func needsNoRounding(to wanted: WeightFormat) throws -> Bool {
    if wanted == .f32 || format != nil { return true }
    guard wanted == .bf16 else { return false }
    return try configuration.weights.allSatisfy { try $0.kind == .vector || files.entry($0.name).type == .bfloat16 }
  }

  /// - Parameter format: What the weight is rounded to; nil to keep it as the file has it.
  func matrix(_ weight: WeightDescription, format: WeightFormat?) throws -> WeightMatrix {
    if weight.kind != .vector, format == nil || format == .bf16,
      let stored = try files.roundedMatrix(weight.name, rows: weight.rows, columns: weight.columns)
    {
      return .quantized(stored)
    }
    guard let format, format != .f32 else {
      return .dense(
        Parameter(name: weight.name, value: try files.tensor(weight.name, shape: weight.shape), ownsValue: false))
    }
    return .quantized(try rows(of: weight).quantized(format))
  }

  /// Rows are read from the mapped file, and their pages given back at once.
  public func rows(of weight: WeightDescription) throws -> DenseRows {
    let entry = try files.entry(weight.name)
    if format != nil, weight.kind != .vector,
      let stored = try files.roundedMatrix(weight.name, rows: weight.rows, columns: weight.columns)
    {
      return DenseRows(weight) { rows, values in stored.expandRows(rows, into: values) }
    }
    guard entry.shape == weight.shape else {
      throw ModelError.badTensor(
        file: entry.file, tensor: weight.name,
        reason: "its shape is \(entry.shape), the configuration asks for \(weight.shape)")
    }
    let widen: (UnsafeMutablePointer<Float>, UnsafeRawPointer, Int) -> Void
    switch entry.type {
    case .float32: widen = { memcpy($0, $1, 4 * $2) }
    case .bfloat16: widen = { ck_bf16_to_f32($0, $1.assumingMemoryBound(to: UInt16.self), $2) }
    case .float16: widen = { ck_f16_to_f32($0, $1.assumingMemoryBound(to: UInt16.self), $2) }
    default:
      throw ModelError.badTensor(
        file: entry.file, tensor: weight.name,
        reason: "it holds \(entry.type.rawValue); weights may be F32, BF16 or F16")
    }
    let (width, size) = (weight.columns, entry.type.size)
    return DenseRows(weight) { rows, values in
      let part = UnsafeRawBufferPointer(
        rebasing: entry.bytes[rows.lowerBound * width * size..<rows.upperBound * width * size])
      Threads.ranges(rows.count, grain: 64) { range in
        widen(
          values + range.lowerBound * width, part.baseAddress! + range.lowerBound * width * size, range.count * width)
      }
      entry.releasePages(of: part)
    }
  }
}
