import Store

/// What reading one file gave, before anything is stored.
struct FileOutcome: Sendable {
  enum Content: Sendable {
    /// The same size and time as at the last ingest, and read by the same reader.
    case unchanged
    /// Bytes of a source that is stored already, under this hash.
    case known(hash: String)
    case read(DocumentReader.Result)
    /// Not text of a known kind, or not readable at all.
    case refused(IngestError)
  }

  var file: FileDiscovery.File
  var hash: String?
  var byteCount = 0
  var content: Content
  var verdicts: [QualityFilters.Verdict] = []
  var chunks: [[Chunker.Piece]] = []
}

/// Reads one file and does everything that needs no store: extraction, filters and chunks.
struct FileReader: Sendable {
  let options: IngestOptions
  /// Hashes of sources whose documents this reader's version has made.
  let knownHashes: Set<String>
  /// Bytes given instead of a file's, for standard input.
  var input: [UInt8]?

  func read(_ file: FileDiscovery.File) -> FileOutcome {
    var outcome = FileOutcome(file: file, content: .unchanged)
    do {
      let bytes = try input ?? FileContents.read(file.path)
      let hash = ContentHash.of(bytes)
      outcome.hash = hash
      outcome.byteCount = bytes.count
      if knownHashes.contains(hash) {
        outcome.content = .known(hash: hash)
        return outcome
      }
      let result = try DocumentReader.read(bytes, name: file.path)
      let filters = QualityFilters(minimumLetters: options.minimumLetters)
      for row in result.rows {
        outcome.verdicts.append(row.document.map(filters.verdict) ?? .init(dropReason: "unreadable-record", scores: []))
        outcome.chunks.append(
          row.document.map { Chunker.pieces(of: $0.text, maximum: options.chunkCharacters) } ?? [])
      }
      outcome.content = .read(result)
    } catch let error as IngestError {
      outcome.content = .refused(error)
    } catch {
      outcome.content = .refused(.unreadable(path: file.path, reason: "\(error)"))
    }
    return outcome
  }
}
