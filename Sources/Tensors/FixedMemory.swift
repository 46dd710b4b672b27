/// Bytes that are only read: memory of our own, or part of a mapped file that `owner` keeps.
public struct FixedMemory: @unchecked Sendable {
  public let start: UnsafeRawPointer
  public let byteCount: Int
  private let owner: AnyObject

  /// - Parameter owner: What keeps the bytes valid, such as a file's mapping.
  public init(start: UnsafeRawPointer, byteCount: Int, owner: AnyObject) {
    self.start = start
    self.byteCount = byteCount
    self.owner = owner
  }

  init(_ memory: HeapMemory, byteCount: Int) {
    self.init(start: UnsafeRawPointer(memory.data), byteCount: byteCount, owner: memory)
  }

  /// A copy of bytes, wherever they lie: memory begins at a page, so elements of any type are aligned.
  public init(copying bytes: UnsafeRawBufferPointer) {
    let memory = HeapMemory(bytes: bytes.count)
    if let start = bytes.baseAddress {
      UnsafeMutableRawPointer(memory.data).copyMemory(from: start, byteCount: bytes.count)
    }
    self.init(memory, byteCount: bytes.count)
  }

  /// The bytes as elements of another type; they must be aligned to it.
  func `as`<Element>(_ type: Element.Type) -> UnsafePointer<Element> { start.assumingMemoryBound(to: type) }

  /// Calls `body` with the bytes, which are valid until it returns.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(owner) { try body(UnsafeRawBufferPointer(start: start, count: byteCount)) }
  }

  /// A copy of the bytes.
  package var array: [UInt8] { withBytes { Array($0) } }
}
