import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A file that appears under its name only when it is complete: written beside, synchronised, then renamed.
struct AtomicFile {
  let handle: FileHandle
  private let path: String
  private let temporaryPath: String

  /// - Throws: ``DatasetsError/cannotWrite(path:reason:)``
  init(_ path: String) throws {
    self.path = path
    temporaryPath = path + ".\(ProcessInfo.processInfo.processIdentifier).part"
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else {
      throw DatasetsError.cannotWrite(path: path, reason: String(cString: strerror(errno)).lowercased())
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
  }

  /// Makes the content durable and gives it its name.
  func commit() throws {
    try handle.synchronize()
    try handle.close()
    guard rename(temporaryPath, path) == 0 else {
      throw DatasetsError.cannotWrite(path: path, reason: String(cString: strerror(errno)).lowercased())
    }
  }

  /// Removes what was written.
  func discard() {
    try? handle.close()
    unlink(temporaryPath)
  }
}
