import Foundation

/// A stack of temporary tensors in one reserved region, reused by every step, so that the inner loop allocates nothing.
///
/// Address space is reserved once and pages are taken when first touched; the high-water mark is the memory used.
public final class Workspace: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  private var top = 0
  /// Of the products with weights that are computed over this workspace.
  public let precision: MatmulPrecision
  var packedWeights = PackedWeights()
  /// The most bytes ever in use.
  public private(set) var peak = 0

  public struct Mark: Sendable { fileprivate let top: Int }

  /// - Parameter capacity: bytes of address space; the default is the machine's physical memory.
  public init(
    precision: MatmulPrecision = .highest, capacity: Int = Int(ProcessInfo.processInfo.physicalMemory)
  ) {
    self.precision = precision
    self.capacity = capacity
    base = HeapMemory.map(capacity, reserveOnly: true)
  }

  deinit { munmap(base, capacity) }

  /// An uninitialised tensor on top of the stack.
  public func allocate(_ shape: [Int]) -> Tensor {
    let bytes = shape.reduce(1, *) * MemoryLayout<Float>.size
    let data = allocateBytes(bytes).assumingMemoryBound(to: Float.self)
    return Tensor(shape: shape, data: data, owner: self)
  }

  public func zeros(_ shape: [Int]) -> Tensor {
    let tensor = allocate(shape)
    memset(tensor.data, 0, tensor.count * MemoryLayout<Float>.size)
    return tensor
  }

  private func allocateBytes(_ bytes: Int) -> UnsafeMutableRawPointer {
    let start = top
    top += (bytes + 127) & ~127
    guard top <= capacity else {
      fatalError("out of memory: a step needs over \(capacity >> 20) MiB; lower microbatch_tokens or maximum_length")
    }
    peak = max(peak, top)
    return base + start
  }

  public var mark: Mark { Mark(top: top) }

  /// Gives back everything allocated since `mark`.
  public func release(to mark: Mark) { top = mark.top }

  /// Runs `body` and gives back what it allocated.
  public func scratch<Result>(_ body: () throws -> Result) rethrows -> Result {
    let start = mark
    defer { release(to: start) }
    return try body()
  }
}
