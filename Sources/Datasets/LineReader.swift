import Foundation

/// Reads a file line by line in pieces, so that its size does not matter.
struct LineReader {
  /// One line without its end, and its bytes' place in the file.
  struct Line {
    /// From 1.
    var number: Int
    var bytes: ArraySlice<UInt8>
    /// Offset of the first byte in the file.
    var offset: Int
    /// Offset behind the line's end mark.
    var end: Int

    var isBlank: Bool { bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
  }

  private let file: FileHandle
  private var buffer: [UInt8] = []
  private var start = 0
  private var offset = 0
  private var number = 0
  private var reachedEnd = false

  /// - Throws: ``DatasetsError/cannotRead(path:reason:)``
  init(path: String) throws {
    if path == "-" {
      file = .standardInput
      return
    }
    do { file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)) } catch {
      throw DatasetsError.cannotRead(path: path, reason: DatasetsError.reason(error))
    }
  }

  /// The next line, or nil at the end. A byte order mark and carriage returns are dropped.
  mutating func next() throws -> Line? {
    var searched = start
    while true {
      if let newline = buffer[searched...].firstIndex(of: 0x0A) { return line(upTo: newline, next: newline + 1) }
      searched = buffer.count
      if reachedEnd { return start < buffer.count ? line(upTo: buffer.count, next: buffer.count) : nil }
      if start > 0 {
        buffer.removeFirst(start)
        searched -= start
        start = 0
      }
      let piece = try file.read(upToCount: 1 << 18) ?? Data()
      if piece.isEmpty { reachedEnd = true } else { buffer.append(contentsOf: piece) }
    }
  }

  private mutating func line(upTo end: Int, next: Int) -> Line {
    number += 1
    var bytes = buffer[start..<end]
    let lineOffset = offset
    offset += next - start
    start = next
    if number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    if bytes.last == 0x0D { bytes = bytes.dropLast() }
    return Line(number: number, bytes: bytes, offset: lineOffset, end: offset)
  }
}
