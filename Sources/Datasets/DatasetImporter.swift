import Foundation
import Store

/// Brings JSON-lines data sets into the store: row by row, each with its place in the file and what became of it.
///
/// A bad row is reported and counted, and the rest goes on. The same file is imported once, whatever its name; the
/// same row is stored once, whatever its file.
public struct DatasetImporter: Sendable {
  /// How an import is done.
  public struct Options: Sendable {
    /// The part that all rows belong to.
    public var split: Split
    /// Reads and checks, and stores nothing.
    public var isDryRun: Bool
    /// Who made the preferences; nil for the file's name without its extension.
    public var annotator: String?

    public init(split: Split = .train, isDryRun: Bool = false, annotator: String? = nil) {
      self.split = split
      self.isDryRun = isDryRun
      self.annotator = annotator
    }
  }

  /// The stage under whose name finished files are remembered, by their content's hash.
  private static let stage = "import"
  private static let batchSize = 500

  private let store: Store?
  private let options: Options

  /// - Parameter store: nil is enough for a dry run.
  public init(store: Store?, options: Options = Options()) {
    self.store = store
    self.options = options
  }

  /// Imports one file.
  /// - Parameters:
  ///   - path: a file, or "-" for standard input.
  ///   - refused: called with line and reason of each row that is no record.
  /// - Returns: the account of every row.
  /// - Throws: ``DatasetsError`` when the file cannot be read, `StoreError` when the store fails.
  @discardableResult
  public func importFile(_ path: String, refused: (_ line: Int, _ reason: String) -> Void = { _, _ in }) throws
    -> ImportReport
  {
    let file = try LocalFile(path)
    defer { file.removeIfTemporary() }
    var report = ImportReport(path: path)
    let source = try addSource(file)
    report.wasKnown = try source != nil && store?.stageResult(stage: Self.stage, fingerprint: file.hash) != nil
    var reader = try LineReader(path: file.path)
    var batch: [ParsedRow] = []
    var ordinal = 0
    while let line = try reader.next() {
      if line.isBlank { continue }
      let row = ParsedRow(line, ordinal: ordinal)
      ordinal += 1
      if case .failure(let problem) = row.record { refused(line.number, problem.description) }
      report.count(row)
      batch.append(row)
      if batch.count == Self.batchSize { try write(&batch, source?.id, file.name, &report) }
    }
    try write(&batch, source?.id, file.name, &report)
    if source != nil, !report.wasKnown {
      try store?.recordStageResult(StageResult(stage: Self.stage, fingerprint: file.hash, outputs: report.json))
    }
    if report.accepted == 0 { throw DatasetsError.noRecords(path: path, refused: report.refused) }
    return report
  }

  private func addSource(_ file: LocalFile) throws -> Added? {
    guard let store, !options.isDryRun else { return nil }
    return try store.atomically {
      let added = try store.addSource(
        Source(
          hash: file.hash, bytes: file.size, mediaType: "application/x-ndjson", encoding: "UTF-8", purpose: .dataset))
      try store.recordLocation(
        SourceLocation(source: added.id, uri: file.uri, modified: file.modified, size: file.size))
      return added
    }
  }

  private func write(_ batch: inout [ParsedRow], _ source: String?, _ name: String, _ report: inout ImportReport) throws
  {
    defer { batch = [] }
    guard let store, let source, !report.wasKnown, !batch.isEmpty else { return }
    let annotator = options.annotator ?? name
    let rows = batch
    report.added += try store.atomically {
      var added = 0
      var records: [ImportRecord] = []
      for row in rows {
        let (record, isNew) = try row.store(in: store, source: source, split: options.split, annotator: annotator)
        added += isNew ? 1 : 0
        records.append(record)
      }
      try store.recordImports(records)
      return added
    }
  }
}

/// What became of the rows of one file.
public struct ImportReport: Sendable, Equatable {
  public var path: String
  /// Rows by kind: `sft`, `preference`, `prompt`.
  public var kinds: [String: Int] = [:]
  public var refused = 0
  /// Rows that were not in the store before.
  public var added = 0
  /// True when this very content was imported before.
  public var wasKnown = false

  init(path: String) { self.path = path }

  public var accepted: Int { kinds.values.reduce(0, +) }

  mutating func count(_ row: ParsedRow) {
    switch row.record {
    case .success(let record): kinds[record.kind, default: 0] += 1
    case .failure: refused += 1
    }
  }

  public var json: JSONValue {
    [
      "path": .string(path), "accepted": .int(accepted), "refused": .int(refused), "added": .int(added),
      "known": .bool(wasKnown), "kinds": .object(kinds.mapValues(JSONValue.int)),
    ]
  }
}
