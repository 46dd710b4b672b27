import Foundation

/// Rows in a file: a run keeps 16 bytes of each in memory and reads a row when a step needs it.
///
/// The rows stand one after another (`SpoolRecord`), then where each begins and what became of those that were refused
/// (`SpoolIndex`). A second start finds the file and reads no text again.
package final class TokenSpool: RowSource {
  private let file: SpoolFile
  private let index: SpoolIndex

  fileprivate init(file: SpoolFile, index: SpoolIndex) {
    self.file = file
    self.index = index
  }

  package var report: DataReport { index.summary.report }
  package var count: Int { index.entries.count }
  package func tokenCount(at index: Int) -> Int { Int(self.index.entries[index].tokens) }
  /// What the rows take up in memory.
  package var indexBytes: Int { index.entries.capacity * MemoryLayout<SpoolIndex.Entry>.stride }

  /// - Throws: `TrainingError.rowsFile` when the file changed since it was written.
  package func row(at index: Int) throws -> TrainingRow {
    let entry = self.index.entries[index]
    guard let words = try file.read(Int(entry.words), at: Int(entry.start)) else {
      throw file.damage("was cut off: row \(index + 1) of \(count) is missing")
    }
    guard let row = SpoolRecord.row(words), row.tokens.count == entry.tokens else {
      throw file.damage("is damaged at row \(index + 1) of \(count)")
    }
    return row
  }

  /// The rows that an earlier start left behind; nil when there are none, or others, or no whole file of them.
  package static func open(_ url: URL, fingerprint: String) throws -> TokenSpool? {
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    let file = try SpoolFile(url, flags: O_RDONLY)
    let end = file.wordCount - SpoolIndex.trailerWords
    guard end >= 0, let trailer = try file.read(SpoolIndex.trailerWords, at: end),
      let size = SpoolIndex.size(trailer: trailer), size <= end, let words = try file.read(size, at: end - size),
      let index = SpoolIndex(words, trailer: trailer), index.summary.fingerprint == fingerprint
    else { return nil }
    return TokenSpool(file: file, index: index)
  }
}

extension TokenSpool {
  /// Writes rows beside the place of a spool; it appears there when it is whole.
  package final class Writer {
    private static let bufferedWords = 1 << 16

    private let url: URL
    private let file: SpoolFile
    private var index: SpoolIndex
    private var buffer: [UInt32] = []
    private var written = 0

    /// - Parameter fingerprint: of all that decides the rows.
    package init(_ url: URL, fingerprint: String) throws {
      self.url = url
      let folder = url.deletingLastPathComponent()
      try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      // Checkpoint folders remove what begins so.
      let beside = folder.appendingPathComponent(".writing-" + url.lastPathComponent)
      file = try SpoolFile(beside, flags: O_RDWR | O_CREAT | O_TRUNC)
      index = SpoolIndex(summary: SpoolIndex.Summary(fingerprint: fingerprint, report: DataReport()))
      buffer.reserveCapacity(Self.bufferedWords * 2)
    }

    package func append(_ row: TrainingRow) throws {
      let start = buffer.count
      SpoolRecord.append(row, to: &buffer)
      index.entries.append(
        SpoolIndex.Entry(
          start: Int64(written + start), words: UInt32(buffer.count - start), tokens: UInt32(row.tokens.count)))
      if buffer.count >= Self.bufferedWords { try flush() }
    }

    /// Ends the file and gives it its name.
    package func finish(_ report: DataReport) throws -> TokenSpool {
      index.summary.report = report
      // Grown by doubling; what stays takes no more than it needs.
      index.entries = index.entries.map { $0 }
      buffer += try index.words()
      try flush()
      guard rename(file.url.path, url.path) == 0 else {
        throw file.failure("cannot be renamed (\(String(cString: strerror(errno))))")
      }
      file.url = url
      return TokenSpool(file: file, index: index)
    }

    private func flush() throws {
      try file.write(buffer)
      written += buffer.count
      buffer.removeAll(keepingCapacity: true)
    }
  }
}
