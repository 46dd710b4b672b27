import CKernels
import Foundation
import Tensors

extension SafetensorsSource {
  /// A tensor as f32: mapped where the file holds F32 at an aligned address, widened into memory otherwise.
  ///
  /// - Throws: `ModelError` when it is missing or of another shape or type.
  public func tensor(_ name: String, shape: [Int]) throws -> Tensor {
    let entry = try entry(name)
    guard entry.shape == shape else {
      throw ModelError.badTensor(
        file: entry.file, tensor: name, reason: "its shape is \(entry.shape), the configuration asks for \(shape)")
    }
    let count = shape.reduce(1, *)
    guard let start = entry.bytes.baseAddress else { return .zeros(shape) }
    let base = UnsafeMutableRawPointer(mutating: start)
    switch entry.type {
    case .float32 where Int(bitPattern: base) % MemoryLayout<Float>.alignment == 0:
      return Tensor(shape: shape, data: base.assumingMemoryBound(to: Float.self), owner: entry.owner)
    case .float32:
      let widened = Tensor.zeros(shape)
      memcpy(widened.data, base, entry.bytes.count)
      return widened
    case .bfloat16, .float16:
      let widened = Tensor.zeros(shape)
      let widen = entry.type == .bfloat16 ? ck_bf16_to_f32 : ck_f16_to_f32
      let halves = base.assumingMemoryBound(to: UInt16.self)
      Threads.ranges(count, grain: 1 << 16) { range in
        widen(widened.data + range.lowerBound, halves + range.lowerBound, range.count)
      }
      return widened
    default:
      throw ModelError.badTensor(
        file: entry.file, tensor: name, reason: "it holds \(entry.type.rawValue); weights may be F32, BF16 or F16")
    }
  }
}

extension SafetensorsWriter {
  /// Writes parameters as F32 under their names to one file.
  /// - Throws: `ModelError.unwritable`.
  public static func write(_ parameters: [Parameter], to url: URL) throws {
    let tensors = parameters.map { SafetensorsTensor(name: $0.name, shape: $0.value.shape) }
    try write(tensors, to: url, values: values(parameters))
  }

  private static func values(_ parameters: [Parameter]) -> Values {
    let tensors = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    return { tensor, sink in
      let value = tensors[tensor.name]!
      try sink(UnsafeRawBufferPointer(UnsafeBufferPointer(start: value.data, count: value.count)))
    }
  }
}
