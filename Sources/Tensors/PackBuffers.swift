import Synchronization

/// Reused scratch for packed right-hand sides, one buffer a running piece.
enum PackBuffers {
  private struct Buffer: @unchecked Sendable {
    let data: UnsafeMutablePointer<Float>
    let count: Int

    init(_ count: Int) {
      self.count = count
      data = HeapMemory.allocate(count)
    }
  }

  private static let spare = Mutex<[Buffer]>([])

  static func with<Result>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
    var buffer = spare.withLock { $0.popLast() } ?? Buffer(count)
    if buffer.count < count {
      HeapMemory.free(buffer.data, count: buffer.count)
      buffer = Buffer(count)
    }
    defer { spare.withLock { [buffer] in $0.append(buffer) } }
    return body(buffer.data)
  }
}
