import Store

/// How documents are read, filtered and cut.
public struct IngestOptions: Sendable, Equatable {
  /// The licence of everything read, where the caller knows better than the files.
  public var license: String?
  /// Documents with fewer letters are dropped as `too-short`.
  public var minimumLetters: Int
  /// The longest chunk, in characters.
  public var chunkCharacters: Int
  /// The share of a document's five-word sequences that earlier documents may hold; nil allows any.
  public var nearDuplicateThreshold: Double?

  public init(
    license: String? = nil, minimumLetters: Int = 20, chunkCharacters: Int = 1200,
    nearDuplicateThreshold: Double? = 0.8
  ) {
    self.license = license
    self.minimumLetters = minimumLetters
    self.chunkCharacters = chunkCharacters
    self.nearDuplicateThreshold = nearDuplicateThreshold
  }

  /// What shapes a document's row: documents of another make are read anew.
  var extractor: String {
    "ingest/\(DocumentReader.version) letters>=\(minimumLetters) chunk<=\(chunkCharacters)"
  }
}

/// What an ingest did, by file and by document.
public struct IngestReport: Sendable, Equatable {
  /// Files found, standard input included.
  public var files = 0
  /// Files that were read before and have not changed.
  public var unchanged = 0
  /// Files whose bytes the store knew under another name.
  public var aliases = 0
  /// Sources read for the first time, or again by a newer reader.
  public var extracted = 0
  /// Bytes of those.
  public var bytes = 0
  /// Documents made of them.
  public var documents = 0
  /// Documents that were kept, of those made now.
  public var kept = 0
  /// Reasons to drop, of those made now.
  public var dropped: [String: Int] = [:]
  /// Kinds of files that are not read, and how many of each.
  public var skipped: [String: Int] = [:]
  /// Files that should have been readable, and why they were not.
  public var failures: [Failure] = []
  /// Records of JSON lines that could not be read.
  public var badRecords = 0
  public var seconds = 0.0

  public struct Failure: Sendable, Equatable {
    public var uri: String
    public var reason: String
  }

  public init() {}

  /// Whether there was something to read and none of it could be.
  public var failedEntirely: Bool { !failures.isEmpty && failures.count == files }

  /// The report as JSON.
  public var json: JSONValue {
    func counts(_ values: [String: Int]) -> JSONValue { .object(values.mapValues(JSONValue.int)) }
    return [
      "files": .int(files), "unchanged": .int(unchanged), "aliases": .int(aliases), "extracted": .int(extracted),
      "bytes": .int(bytes), "documents": .int(documents), "kept": .int(kept), "dropped": counts(dropped),
      "skipped": counts(skipped), "bad_records": .int(badRecords), "seconds": .double(seconds),
      "failures": .array(failures.map { ["uri": .string($0.uri), "reason": .string($0.reason)] }),
    ]
  }
}
