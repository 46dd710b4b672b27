import Foundation

/// Makes files and folders survive a loss of power.
enum DurableFile {
  static func write(_ data: Data, to url: URL) throws {
    try data.write(to: url)
    try synchronise(url)
  }

  /// Waits until a file's content, or a folder's list of entries, is on the disk.
  static func synchronise(_ url: URL) throws {
    let descriptor = open(url.path, O_RDONLY)
    guard descriptor >= 0 else { throw failure(url) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(url) }
  }

  private static func failure(_ url: URL) -> TrainingError {
    .checkpoint(path: url.path, reason: String(cString: strerror(errno)))
  }
}
