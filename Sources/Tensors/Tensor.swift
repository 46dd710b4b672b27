/// A dense row-major f32 array over memory that something else owns: the heap, a mapped file or a workspace.
///
/// A tensor from a `Workspace` is valid until the workspace is released past it.
public final class Tensor: @unchecked Sendable {
  public let shape: [Int]
  public let count: Int
  public let data: UnsafeMutablePointer<Float>
  private let owner: AnyObject?

  /// Wraps memory that `owner` keeps alive.
  public init(shape: [Int], data: UnsafeMutablePointer<Float>, owner: AnyObject?) {
    self.shape = shape
    self.count = shape.reduce(1, *)
    self.data = data
    self.owner = owner
  }

  public var rows: Int { shape.count > 1 ? shape[0] : 1 }
  public var columns: Int { shape[shape.count - 1] }

  public static func zeros(_ shape: [Int]) -> Tensor {
    let memory = HeapMemory(count: shape.reduce(1, *))
    return Tensor(shape: shape, data: memory.data, owner: memory)
  }

  public convenience init(shape: [Int], values: [Float]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill shape \(shape)")
    let memory = HeapMemory(count: values.count)
    values.withUnsafeBufferPointer { memory.data.update(from: $0.baseAddress!, count: values.count) }
    self.init(shape: shape, data: memory.data, owner: memory)
  }

  public func toArray() -> [Float] { Array(UnsafeBufferPointer(start: data, count: count)) }

  public func row(_ index: Int) -> UnsafeMutablePointer<Float> { data + index * columns }

  /// The same memory's rows of a range.
  public func slice(_ rows: Range<Int>) -> Tensor {
    Tensor(shape: [rows.count, columns], data: row(rows.lowerBound), owner: self)
  }

  public func fill(_ value: Float) { data.update(repeating: value, count: count) }

  /// Gives pages of a mapped file back to the system; they are read again when they are next touched.
  func releasePages() {
    (owner as? any PageSource)?.releasePages(of: UnsafeRawBufferPointer(start: data, count: count * 4))
  }

  public func copy(from other: Tensor) {
    precondition(count == other.count, "cannot copy shape \(other.shape) into \(shape)")
    data.update(from: other.data, count: count)
  }
}

/// Read-only memory whose pages the system can read again: that of a mapped file.
public protocol PageSource: AnyObject {
  func releasePages(of bytes: UnsafeRawBufferPointer)
}
