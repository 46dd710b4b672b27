import Foundation
import Store

/// Stores what was read of each file and counts it.
struct IngestWriter {
  let store: Store
  let options: IngestOptions
  var report = IngestReport()
  /// Hashes of sources whose documents are those this version makes.
  private(set) var knownHashes: Set<String> = []
  private var currentSources: Set<String> = []
  private var madeDocuments: Set<String> = []

  init(store: Store, options: IngestOptions) throws {
    self.store = store
    self.options = options
    for outline in try store.documentOutlines() where outline.extractor == options.extractor {
      currentSources.insert(outline.source)
    }
    for source in try store.sources(purpose: .documents) where currentSources.contains(source.id) {
      knownHashes.insert(source.hash)
    }
  }

  /// Whether a file has the size and time of the last ingest, and what was made of it is up to date.
  func isUnchanged(_ file: FileDiscovery.File) throws -> Bool {
    guard let location = try store.location(uri: file.path) else { return false }
    guard location.size == file.size, location.modified == file.modified else { return false }
    if currentSources.contains(location.source) { return true }
    // What was refused for its kind stays refused while it is of that kind; its first bytes tell.
    guard let failure = try store.failure(uri: file.path), failure.source == location.source else { return false }
    guard let head = try? FileContents.head(file.path), case .other(let type) = MediaType.of(head, name: file.path)
    else {
      return false
    }
    return failure.reason == IngestError.unsupported(mediaType: type).description
  }

  mutating func write(_ outcome: FileOutcome, problem: (String) -> Void) throws {
    let uri = outcome.file.path
    switch outcome.content {
    case .unchanged: report.unchanged += 1
    case .known(let hash):
      guard let source = try store.source(hash: hash) else { return }
      try alias(source.id, outcome)
    case .refused(let error): try write(refusal: error, of: outcome, problem: problem)
    case .read(let result):
      let source = try addSource(outcome, mediaType: result.mediaType, result: result)
      // The same bytes may have come twice within one batch.
      if currentSources.contains(source) { return try alias(source, outcome) }
      try store.clearFailure(uri: uri)
      try recordLocation(source, outcome)
      try writeDocuments(of: result, outcome, source: source, problem: problem)
      currentSources.insert(source)
      if let hash = outcome.hash { knownHashes.insert(hash) }
      report.extracted += 1
      report.bytes += outcome.byteCount
    }
  }

  /// Records a name that discovery could not follow.
  mutating func write(problem error: IngestError, report problem: (String) -> Void) throws {
    guard case .unreadable(let path, let reason) = error else { return }
    problem(error.description)
    report.failures.append(.init(uri: path, reason: reason))
    try store.recordFailure(IngestFailure(uri: FileDiscovery.absolute(path), reason: reason))
  }

  /// Counts how many of the documents made now were kept in the end.
  mutating func countDrops() throws {
    for outline in try store.documentOutlines() where madeDocuments.contains(outline.id) {
      if let reason = outline.dropReason { report.dropped[reason, default: 0] += 1 } else { report.kept += 1 }
    }
  }

  // MARK: Sources

  private mutating func alias(_ source: String, _ outcome: FileOutcome) throws {
    let isNew = try !store.locations(ofSource: source).contains { $0.uri == outcome.file.path }
    if isNew { report.aliases += 1 } else { report.unchanged += 1 }
    try store.clearFailure(uri: outcome.file.path)
    try recordLocation(source, outcome)
  }

  private func recordLocation(_ source: String, _ outcome: FileOutcome) throws {
    try store.recordLocation(
      SourceLocation(
        source: source, uri: outcome.file.path, modified: outcome.file.modified, size: outcome.file.size))
  }

  private func addSource(
    _ outcome: FileOutcome, mediaType: String, result: DocumentReader.Result? = nil
  ) throws -> String {
    let stated = result?.rows.lazy.compactMap { $0.document?.license }.first
    let source = Source(
      hash: outcome.hash ?? "", bytes: outcome.byteCount, mediaType: mediaType, encoding: result?.encoding,
      licence: options.license ?? stated)
    return try store.addSource(source).id
  }

  private mutating func write(refusal error: IngestError, of outcome: FileOutcome, problem: (String) -> Void) throws {
    let uri = outcome.file.path
    var reason = error.description
    if case .unreadable(_, let cause) = error { reason = cause }
    if case .unsupported = error {
      report.skipped[reason, default: 0] += 1
    } else {
      problem("\(uri): \(reason)")
      report.failures.append(.init(uri: uri, reason: reason))
    }
    guard outcome.hash != nil else { return try store.recordFailure(IngestFailure(uri: uri, reason: reason)) }
    var mediaType = "application/octet-stream"
    if case .unsupported(let type) = error { mediaType = type }
    let source = try addSource(outcome, mediaType: mediaType)
    try recordLocation(source, outcome)
    try store.recordFailure(IngestFailure(uri: uri, source: source, reason: reason))
  }

  // MARK: Documents

  private mutating func writeDocuments(
    of result: DocumentReader.Result, _ outcome: FileOutcome, source: String, problem: (String) -> Void
  ) throws {
    var documents: [Document] = []
    for (ordinal, row) in result.rows.enumerated() {
      if let (line, reason) = row.problem {
        problem("\(outcome.file.path):\(line): \(reason)")
        report.badRecords += 1
      }
      let extracted = row.document
      var metadata = (extracted?.metadata ?? [:]).mapValues(JSONValue.string)
      if let license = extracted?.license { metadata["license"] = .string(license) }
      if let (line, reason) = row.problem { metadata["problem"] = .string("line \(line): \(reason)") }
      documents.append(
        Document(
          source: source, ordinal: ordinal, sourceRange: packedRange(row.range, result, outcome.byteCount),
          title: extracted?.title ?? defaultTitle(outcome.file.path), language: extracted?.language,
          text: extracted?.text ?? "", spanMap: extracted?.spans, metadata: .object(metadata),
          extractor: options.extractor, dropReason: outcome.verdicts[ordinal].dropReason))
    }
    if documents.isEmpty {
      // Every source has an outcome, one without records too.
      documents.append(
        Document(
          source: source, sourceRange: 0..<outcome.byteCount, title: defaultTitle(outcome.file.path), text: "",
          extractor: options.extractor, dropReason: "empty"))
    }
    let added = try store.addDocuments(documents)
    try store.deleteDocuments(ofSource: source, fromOrdinal: documents.count)
    report.documents += documents.count
    madeDocuments.formUnion(added.map(\.id))
    for (index, document) in added.enumerated() where index < outcome.chunks.count {
      try writeParts(of: document.id, text: documents[index].text, outcome, index)
    }
  }

  private func writeParts(of document: String, text: String, _ outcome: FileOutcome, _ index: Int) throws {
    let bytes = Array(text.utf8)
    let pieces = outcome.chunks[index]
    try store.addChunks(
      pieces.enumerated().map { ordinal, piece in
        Chunk(
          document: document, ordinal: ordinal, range: piece.range, headingPath: piece.headingPath,
          hash: ContentHash.of(Array(bytes[piece.range])))
      })
    try store.deleteChunks(ofDocument: document, fromOrdinal: pieces.count)
    try store.recordFilterScores(
      outcome.verdicts[index].scores.map { FilterScore(document: document, filter: $0.filter, score: $0.score) })
  }

  /// The part of a packed file that its unpacked bytes are accounted to, in proportion.
  private func packedRange(_ range: Range<Int>, _ result: DocumentReader.Result, _ fileBytes: Int) -> Range<Int> {
    if result.byteCount == fileBytes || result.byteCount == 0 { return range.clamped(to: 0..<fileBytes) }
    func scaled(_ position: Int) -> Int { Int(Double(position) / Double(result.byteCount) * Double(fileBytes)) }
    return scaled(range.lowerBound)..<(range.upperBound == result.byteCount ? fileBytes : scaled(range.upperBound))
  }

  private func defaultTitle(_ path: String) -> String? {
    path.split(separator: "/").last.map(String.init)
  }
}
