import Foundation

/// Reads whole files.
enum FileContents {
  /// Larger files are refused; a document store is no place for them.
  static let limit = 1 << 30

  /// The bytes of a file.
  ///
  /// - Throws: `IngestError.unreadable`, `IngestError.tooLarge`.
  static func read(_ path: String, limit: Int = FileContents.limit) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw IngestError.unreadable(path: path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    return try read(descriptor, path: path, limit: limit)
  }

  /// The first 4 KiB of a file, enough to recognise its kind.
  static func head(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw IngestError.unreadable(path: path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
    return Array(buffer.prefix(max(0, count)))
  }

  /// All bytes of standard input.
  static func readStandardInput(limit: Int = FileContents.limit) throws -> [UInt8] {
    try read(STDIN_FILENO, path: "standard input", limit: limit)
  }

  private static func read(_ descriptor: Int32, path: String, limit: Int) throws -> [UInt8] {
    var status = stat()
    let expected = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    if expected > limit { throw IngestError.tooLarge(bytes: expected, limit: limit) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(expected)
    // One byte more than expected, so that the first read of a whole file sees its end.
    var buffer = [UInt8](repeating: 0, count: min(max(expected + 1, 1 << 16), 1 << 24))
    while true {
      let count = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw IngestError.unreadable(path: path, reason: String(cString: strerror(errno)))
      }
      bytes += buffer[..<count]
      if bytes.count > limit { throw IngestError.tooLarge(bytes: bytes.count, limit: limit) }
    }
  }
}
