import Foundation
import Tensors

/// A file mapped into memory, read-only, for as long as this object lives.
final class MappedFile: PageSource, @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  /// - Throws: `ModelError.unreadable` with the system's reason.
  init(_ url: URL) throws {
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.unreadable(url) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(url) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ModelError.unreadable(file: url.path, reason: "it is not a file")
    }
    guard status.st_size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw Self.unreadable(url)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
  }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }

  /// Gives whole pages of a part back to the system; they are read from the file again when they are next touched.
  func releasePages(of bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = (Int(bitPattern: start) + page - 1) / page * page
    let end = (Int(bitPattern: start) + bytes.count) / page * page
    if end > first { madvise(UnsafeMutableRawPointer(bitPattern: first), end - first, MADV_DONTNEED) }
  }

  private static func unreadable(_ url: URL) -> ModelError {
    .unreadable(file: url.path, reason: errno == ENOENT ? "there is no such file" : String(cString: strerror(errno)))
  }
}
