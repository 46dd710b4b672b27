import CKernels
import Foundation
import Tensors

extension LanguageModel {
  /// Writes config.json and the weights rounded to a type, one tensor at a time.
  ///
  /// - Parameter type: F32, BF16 or F16.
  /// - Throws: `ModelError` when the folder cannot be written or F16 cannot hold a weight.
  public func save(to folder: URL, as type: SafetensorsType) throws {
    precondition(format == .f32, "a model rounded to \(format.rawValue) has no f32 weights to save")
    precondition([.float32, .bfloat16, .float16].contains(type), "weights cannot be saved as \(type.rawValue)")
    try ModelFolder.create(folder)
    let sources = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    let tensors = parameters.map { SafetensorsTensor(name: $0.name, type: type, shape: $0.value.shape) }
    try SafetensorsWriter.write(tensors, toFolder: folder) { tensor, sink in
      guard let source = sources[tensor.name] else { preconditionFailure("\(tensor.name) has no values") }
      if type == .float32 { return try sink(UnsafeRawBufferPointer(start: source.data, count: tensor.byteCount)) }
      var halves = [UInt16](repeating: 0, count: min(source.count, 1 << 22))
      for start in stride(from: 0, to: source.count, by: halves.count) {
        let count = min(halves.count, source.count - start)
        let round = type == .bfloat16 ? ck_f32_to_bf16 : ck_f32_to_f16
        round(&halves, source.data + start, count)
        if type == .float16, halves[..<count].contains(where: { $0 & 0x7C00 == 0x7C00 }) {
          throw ModelError.badTensor(
            file: folder.path, tensor: tensor.name, reason: "it holds a value that is not finite or too large for F16")
        }
        try halves.withUnsafeBytes { try sink(UnsafeRawBufferPointer(rebasing: $0[..<(2 * count)])) }
      }
    }
    try configuration.save(to: folder, type: type)
  }
}
