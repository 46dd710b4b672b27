import Models
import Tensors

/// Memory that a checkpoint saves and restores, under a name.
package struct CheckpointTensor {
  package let name: String
  let type: SafetensorsType
  package let shape: [Int]
  let data: UnsafeMutableRawPointer
  /// Whatever keeps the memory alive.
  private let owner: AnyObject
  private let memory: MomentMemory?

  /// A parameter's value.
  package init(name: String, value: Tensor) {
    self.init(name: name, type: .float32, shape: value.shape, data: value.data, owner: value, memory: nil)
  }

  /// An optimiser's moments.
  init(
    name: String, type: SafetensorsType, shape: [Int], data: UnsafeMutableRawPointer, memory: MomentMemory
  ) {
    self.init(name: name, type: type, shape: shape, data: data, owner: memory, memory: memory)
  }

  private init(
    name: String, type: SafetensorsType, shape: [Int], data: UnsafeMutableRawPointer, owner: AnyObject,
    memory: MomentMemory?
  ) {
    self.name = name
    self.type = type
    self.shape = shape
    self.data = data
    self.owner = owner
    self.memory = memory
  }

  var description: SafetensorsTensor { SafetensorsTensor(name: name, type: type, shape: shape) }

  package var byteCount: Int { description.byteCount }

  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withExtendedLifetime(owner) { body(UnsafeRawBufferPointer(bytes)) }
  }

  var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: data, count: byteCount)
  }

  /// Gives pages of a file back to the system.
  func release() { memory?.release(data, bytes: description.byteCount) }

  /// Makes sure that a file's tensor is of the same type and shape.
  /// - Throws: `ModelError.badTensor` naming what differs.
  func check(_ entry: SafetensorsEntry) throws {
    guard entry.type == type, entry.shape == shape else {
      throw ModelError.badTensor(
        file: entry.file, tensor: name,
        reason: "it is \(entry.type.rawValue) \(entry.shape), expected \(type.rawValue) \(shape)")
    }
  }

  /// Copies a file's values, without leaving them in memory twice.
  func copy(from entry: SafetensorsEntry) {
    bytes.copyMemory(from: entry.bytes)
    entry.releasePages()
    release()
  }
}
