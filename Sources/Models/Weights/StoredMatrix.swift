import CKernels
import Foundation
import Tensors

/// Names of the tensors beside the codes of a rounded matrix.
enum StoredName {
  /// int8: f32 [rows, columns / 32].
  static func scales(_ name: String) -> String { name + ".scales" }
  /// NF4: bytes, one a block of 64; f32 without double quantisation.
  static func blockScales(_ name: String) -> String { name + ".absmax" }
  static func scaleMaxima(_ name: String) -> String { name + ".nested_absmax" }
  static func scaleValues(_ name: String) -> String { name + ".nested_quant_map" }
  static func levels(_ name: String) -> String { name + ".quant_map" }
  static func state(_ name: String) -> String { name + NormalFloatState.suffix }
}

extension SafetensorsEntry {
  /// The bytes where they lie, or a copy where they are not aligned to their type.
  ///
  /// - Throws: `ModelError.badTensor` when they are not as many as expected.
  func memory(_ expected: Int, alignment: Int) throws -> FixedMemory {
    guard bytes.count == expected, let start = bytes.baseAddress else {
      throw ModelError.badTensor(
        file: file, tensor: name, reason: "it holds \(bytes.count) bytes, the configuration asks for \(expected)")
    }
    guard Int(bitPattern: start) % alignment == 0 else { return FixedMemory(copying: bytes) }
    return FixedMemory(start: start, byteCount: bytes.count, owner: owner)
  }
}

extension SafetensorsSource {
  /// A matrix [rows, columns] in the form that the file has it in, mapped; nil where that form is not a rounded one.
  ///
  /// - Throws: `ModelError` when it is missing, of another shape or rounded in an unknown way.
  func roundedMatrix(_ name: String, rows: Int, columns: Int) throws -> QuantizedMatrix? {
    let entry = try entry(name)
    func bad(_ reason: String) -> ModelError { .badTensor(file: entry.file, tensor: name, reason: reason) }
    let count = rows * columns
    if let state = try? self.entry(StoredName.state(name)) {
      return try normalFloat(entry, NormalFloatState(state), rows: rows, columns: columns)
    }
    switch entry.type {
    case .bfloat16:
      guard entry.shape == [rows, columns] else {
        throw bad("its shape is \(entry.shape), the configuration asks for \([rows, columns])")
      }
      return QuantizedMatrix(
        rows: rows, columns: columns, format: .bf16, codes: try entry.memory(2 * count, alignment: 2), scales: .none)
    case .int8:
      guard entry.shape == [rows, columns], columns % 32 == 0 else {
        throw bad("its shape is \(entry.shape), the configuration asks for \([rows, columns]) in groups of 32")
      }
      guard let scales = try? self.entry(StoredName.scales(name)), scales.type == .float32 else {
        throw bad("it holds int8 without the f32 scales of groups of 32")
      }
      return QuantizedMatrix(
        rows: rows, columns: columns, format: .int8, codes: try entry.memory(count, alignment: 1),
        scales: .plain(try scales.memory(count / 32 * 4, alignment: 4)))
    case .uint8: throw bad("it holds bytes without the state that NF4 has")
    default: return nil
    }
  }

  private func normalFloat(
    _ entry: SafetensorsEntry, _ state: NormalFloatState, rows: Int, columns: Int
  ) throws -> QuantizedMatrix {
    let name = entry.name
    func bad(_ reason: String) -> ModelError { .badTensor(file: entry.file, tensor: name, reason: reason) }
    guard state.shape == [rows, columns] else {
      throw bad("its shape is \(state.shape), the configuration asks for \([rows, columns])")
    }
    guard columns % 64 == 0 else { throw bad("its width \(columns) is not a multiple of 64: blocks cross its rows") }
    let levels = try floats(StoredName.levels(name), count: 16)
    guard zip(levels, NormalFloat.levels).allSatisfy({ abs($0 - $1) < 1e-6 }) else {
      throw bad("its quant_map does not hold the levels of NF4")
    }
    let blocks = rows * columns / 64
    let scales = try self.entry(StoredName.blockScales(name))
    let kept: QuantizedMatrix.Scales
    if let offset = state.offset {
      let maxima = try self.entry(StoredName.scaleMaxima(name))
      let groups = (blocks + QuantizedScales.block - 1) / QuantizedScales.block
      kept = .quantized(
        QuantizedScales(
          count: blocks, codes: try scales.memory(blocks, alignment: 1),
          maxima: try maxima.memory(4 * groups, alignment: 4), mean: offset,
          values: try floats(StoredName.scaleValues(name), count: 256)))
    } else {
      guard scales.type == .float32 else { throw bad("its absmax holds \(scales.type.rawValue), expected F32") }
      kept = .plain(try scales.memory(4 * blocks, alignment: 4))
    }
    return QuantizedMatrix(
      rows: rows, columns: columns, format: .nf4, codes: try entry.memory(rows * columns / 2, alignment: 1),
      scales: kept)
  }

  private func floats(_ name: String, count: Int) throws -> [Float] {
    let tensor = try tensor(name, shape: [count])
    return tensor.toArray()
  }
}
