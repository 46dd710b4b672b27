import Foundation

/// A file that comes into being all at once: written beside its place, synced, then renamed.
///
/// Until `commit` the old file stays; a writer that goes away before leaves nothing behind.
package final class AtomicFile {
  private let url: URL
  private let temporary: String
  private var descriptor: Int32

  /// - Throws: `ModelError.unwritable` with the system's reason.
  init(_ url: URL) throws {
    self.url = url
    temporary = url.path + ".\(getpid())-\(UUID().uuidString.prefix(8)).tmp"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw Self.unwritable(url) }
    // Held as long as the writer lives: whoever can take it knows that the draft has been left behind.
    flock(descriptor, LOCK_EX | LOCK_NB)
  }

  /// Removes drafts of this file that a writer left behind when it was killed.
  static func removeLeftovers(of url: URL) {
    let folder = url.deletingLastPathComponent()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where name.hasPrefix(url.lastPathComponent + ".") && name.hasSuffix(".tmp") {
      let path = folder.appendingPathComponent(name).path
      let file = open(path, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { continue }
      if flock(file, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
      close(file)
    }
  }

  deinit { discard() }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while let start = rest.baseAddress, rest.count > 0 {
      let written = Foundation.write(descriptor, start, min(rest.count, 1 << 30))
      if written < 0 {
        if errno == EINTR { continue }
        throw Self.unwritable(url)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Takes the room of the whole file at once, so that a full disk is found before the work is done.
  func reserve(_ bytes: Int) throws {
    #if os(Linux)
      let code = posix_fallocate(descriptor, 0, bytes)
      if code == ENOSPC || code == EFBIG {
        errno = code
        throw Self.unwritable(url)
      }
    #endif
  }

  /// Writes at a place of its own, after or before other parts.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let written = pwrite(
        descriptor, bytes.baseAddress! + done, min(bytes.count - done, 1 << 30), off_t(offset + done))
      if written < 0 {
        if errno == EINTR { continue }
        throw Self.unwritable(url)
      }
      done += written
    }
  }

  /// Writes a tensor's values, which `values` hands to its argument in one or more pieces.
  ///
  /// - Throws: `ModelError.badTensor` for too few or too many bytes, and what `values` throws.
  func write<Tensor>(
    _ tensor: Tensor, name: String, byteCount: Int,
    values: (_ tensor: Tensor, _ sink: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    var written = 0
    try values(tensor) { bytes in
      written += bytes.count
      if written <= byteCount { try write(bytes) }
    }
    guard written == byteCount else {
      throw ModelError.badTensor(
        file: url.path, tensor: name, reason: "\(written) bytes were given, its shape takes \(byteCount)")
    }
  }

  /// Makes sure that what was written is on the disk.
  func sync() throws {
    if fsync(descriptor) != 0 { throw Self.unwritable(url) }
  }

  /// Puts the file into its place; a kill leaves either the old file or the new one.
  func commit() throws {
    try sync()
    close(descriptor)
    descriptor = -1
    if rename(temporary, url.path) != 0 {
      let error = Self.unwritable(url)
      unlink(temporary)
      throw error
    }
    let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  private func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporary)
    descriptor = -1
  }

  private static func unwritable(_ url: URL) -> ModelError {
    .unwritable(file: url.path, reason: String(cString: strerror(errno)))
  }

  /// Writes a small file whole.
  package static func write(_ data: Data, to url: URL) throws {
    let file = try AtomicFile(url)
    try data.withUnsafeBytes { try file.write($0) }
    try file.commit()
  }
}
