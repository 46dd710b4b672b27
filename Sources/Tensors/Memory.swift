import Foundation

/// Zeroed page-aligned memory, advised to use huge pages when it is large.
final class HeapMemory {
  let data: UnsafeMutablePointer<Float>
  private let bytes: Int

  convenience init(count: Int) { self.init(bytes: count * MemoryLayout<Float>.size) }

  init(bytes: Int) {
    self.bytes = max(MemoryLayout<Float>.size, bytes)
    data = HeapMemory.map(self.bytes, reserveOnly: false).assumingMemoryBound(to: Float.self)
  }

  var byteCount: Int { bytes }

  /// The same memory as elements of another type.
  func `as`<Element>(_ type: Element.Type) -> UnsafeMutablePointer<Element> {
    UnsafeMutableRawPointer(data).assumingMemoryBound(to: type)
  }

  deinit { munmap(data, bytes) }

  /// Memory without an owner; give it back with `free`.
  static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    map(count * MemoryLayout<Float>.size, reserveOnly: false).assumingMemoryBound(to: Float.self)
  }

  static func free(_ data: UnsafeMutablePointer<Float>, count: Int) {
    munmap(data, count * MemoryLayout<Float>.size)
  }

  /// Anonymous zeroed memory; pages are only taken when touched.
  static func map(_ bytes: Int, reserveOnly: Bool) -> UnsafeMutableRawPointer {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | (reserveOnly ? MAP_NORESERVE : 0)
    guard let pointer = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0), pointer != MAP_FAILED else {
      fatalError("out of memory: the system refused \(bytes >> 20) MiB; use a smaller model, batch or length")
    }
    if bytes >= 4 << 20 { madvise(pointer, bytes, MADV_HUGEPAGE) }
    return pointer
  }
}
