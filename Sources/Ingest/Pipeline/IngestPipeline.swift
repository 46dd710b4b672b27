import Foundation
import Store

/// Raw files to documents and chunks in the store.
///
/// A source is its bytes: the same bytes under several names are one source. Each batch of files is stored in one
/// transaction with everything made of it, so a kill loses at most the batch in hand, and a second run only looks at
/// sizes and times. Files are read on all cores, and stored in the order of their names.
public struct IngestPipeline: Sendable {
  public let store: Store
  public let options: IngestOptions

  public init(store: Store, options: IngestOptions = IngestOptions()) {
    self.store = store
    self.options = options
  }

  /// Files read at a time; the bound on what a kill loses.
  static let batchFiles = 32
  static let batchBytes = 32 << 20

  /// Reads files, folders, patterns and `-` for standard input.
  ///
  /// - Parameters:
  ///   - progress: called after each batch with the files done, their total and the last name.
  ///   - problem: called with one line for each file or record that could not be read.
  /// - Throws: `IngestError.missing` or `.noMatch` before anything is read; `StoreError`.
  @discardableResult
  public func run(
    paths: [String], progress: (Int, Int, String) -> Void = { _, _, _ in }, problem: (String) -> Void = { _ in }
  ) throws -> IngestReport {
    let start = Date()
    let found = try FileDiscovery(paths: paths.filter { $0 != "-" })
    let readsInput = paths.contains("-")
    var writer = try IngestWriter(store: store, options: options)
    writer.report.files = found.files.count + found.problems.count + (readsInput ? 1 : 0)
    for error in found.problems { try writer.write(problem: error, report: problem) }
    if readsInput {
      let bytes = try FileContents.readStandardInput()
      let file = FileDiscovery.File(path: "standard input", size: bytes.count, modified: start.timeIntervalSince1970)
      let reader = FileReader(options: options, knownHashes: writer.knownHashes, input: bytes)
      try store.atomically { try writer.write(reader.read(file), problem: problem) }
    }
    var done = 0
    for batch in batches(of: found.files) {
      let unread = try batch.filter { try !writer.isUnchanged($0) }
      writer.report.unchanged += batch.count - unread.count
      let reader = FileReader(options: options, knownHashes: writer.knownHashes)
      let outcomes = Parallel.map(unread) { reader.read($0) }
      if !outcomes.isEmpty {
        try store.atomically { for outcome in outcomes { try writer.write(outcome, problem: problem) } }
      }
      done += batch.count
      progress(done, found.files.count, batch.last?.path ?? "")
    }
    try DuplicateFinder(threshold: options.nearDuplicateThreshold).run(on: store)
    try store.refreshSearchIndex()
    try writer.countDrops()
    writer.report.seconds = Date().timeIntervalSince(start)
    return writer.report
  }

  private func batches(of files: [FileDiscovery.File]) -> [ArraySlice<FileDiscovery.File>] {
    var batches: [ArraySlice<FileDiscovery.File>] = []
    var first = 0
    var bytes = 0
    for (index, file) in files.enumerated() {
      if index > first, index - first >= IngestPipeline.batchFiles || bytes + file.size > IngestPipeline.batchBytes {
        batches.append(files[first..<index])
        (first, bytes) = (index, 0)
      }
      bytes += file.size
    }
    if first < files.count { batches.append(files[first...]) }
    return batches
  }
}
