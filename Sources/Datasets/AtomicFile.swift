import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A file that appears under its name only when it is complete: written beside, synchronised, then renamed.
///
/// A link keeps pointing at the file; a device or pipe (`/dev/null`) is written in place.
struct AtomicFile {
  let handle: FileHandle
  private let path: String
  /// Nil when the content is written in place.
  private let temporaryPath: String?

  /// - Throws: ``DatasetsError/cannotWrite(path:reason:)``
  init(_ path: String) throws {
    self.path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    var status = stat()
    let isInPlace = stat(self.path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    temporaryPath = isInPlace ? nil : self.path + ".\(ProcessInfo.processInfo.processIdentifier).part"
    let descriptor = open(temporaryPath ?? self.path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else {
      throw DatasetsError.cannotWrite(path: path, reason: String(cString: strerror(errno)).lowercased())
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
  }

  /// Makes the content durable and gives it its name.
  func commit() throws {
    guard let temporaryPath else { return try handle.close() }
    try handle.synchronize()
    try handle.close()
    guard rename(temporaryPath, path) == 0 else {
      throw DatasetsError.cannotWrite(path: path, reason: String(cString: strerror(errno)).lowercased())
    }
  }

  /// Removes what was written.
  func discard() {
    try? handle.close()
    if let temporaryPath { unlink(temporaryPath) }
  }
}
