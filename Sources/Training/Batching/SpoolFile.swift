import Foundation

/// A file of 32-bit words, written from the front and read anywhere, without a trace in memory.
final class SpoolFile {
  /// The name under which the file is known now.
  var url: URL
  private let descriptor: Int32

  /// - Parameter flags: as `open` takes them.
  init(_ url: URL, flags: Int32) throws {
    self.url = url
    descriptor = open(url.path, flags | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("cannot be opened (\(Self.reason))") }
  }

  deinit { close(descriptor) }

  var wordCount: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) / 4 : 0
  }

  /// Appends words.
  func write(_ words: [UInt32]) throws {
    try words.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = UnsafeRawBufferPointer(rebasing: rest)
        let written = Foundation.write(descriptor, piece.baseAddress, piece.count)
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw failure("cannot be written (\(Self.reason))") }
        rest = rest.dropFirst(written)
      }
    }
  }

  /// Reads words from a place; nil when the file ends before them.
  func read(_ count: Int, at start: Int) throws -> [UInt32]? {
    var isShort = false
    let words = try [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      var done = 0
      while done < count * 4 {
        let got = pread(descriptor, bytes.baseAddress! + done, count * 4 - done, off_t(start * 4 + done))
        if got < 0 && errno == EINTR { continue }
        guard got >= 0 else { throw failure("cannot be read (\(Self.reason))") }
        if got == 0 { break }
        done += got
      }
      isShort = done < count * 4
      initialized = done / 4
    }
    return isShort ? nil : words
  }

  /// A file that is not what was written.
  func damage(_ problem: String) -> TrainingError {
    failure("\(problem); remove it and start again, and it is made anew")
  }

  func failure(_ problem: String) -> TrainingError { .rowsFile(path: url.path, problem: problem) }

  private static var reason: String { String(cString: strerror(errno)) }
}
