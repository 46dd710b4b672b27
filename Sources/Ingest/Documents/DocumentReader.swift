import Store

/// Reads the documents of one file, whatever its kind and encoding.
public enum DocumentReader {
  /// The version of everything that shapes a document's text: a store whose documents are older is read anew.
  public static let version = 1

  /// What was read from one file.
  public struct Result: Sendable {
    public var mediaType: String
    /// As iconv knows it, with `gzip+` before it for a packed file.
    public var encoding: String
    public var rows: [Row]
    /// The bytes that rows and spans count; more than the file has when it is packed.
    public var byteCount: Int
  }

  /// One document, or the part of a file that could not be read as one.
  public struct Row: Sendable {
    public var range: Range<Int>
    public var document: ExtractedDocument?
    /// What is wrong with it and the line it begins at; nil for a document.
    public var problem: (line: Int, reason: String)?
  }

  /// Reads a file's bytes; `name` decides between kinds that look alike.
  ///
  /// - Throws: `IngestError` when the file as a whole is not text of a known kind.
  public static func read(_ raw: [UInt8], name: String) throws -> Result {
    var bytes = raw
    var name = name
    var type = MediaType.of(bytes, name: name)
    let isPacked = type == .gzip
    if isPacked {
      bytes = try Gzip.unpack(bytes)
      if name.lowercased().hasSuffix(".gz") { name.removeLast(3) }
      type = MediaType.of(bytes, name: name)
    }
    if case .other(let other) = type { throw IngestError.unsupported(mediaType: other) }
    if type == .gzip { throw IngestError.unsupported(mediaType: "application/gzip within application/gzip") }
    let decoded = try decode(bytes)
    let rows = try rows(of: decoded, type: type, byteCount: bytes.count)
    return Result(
      mediaType: type.name, encoding: (isPacked ? "gzip+" : "") + decoded.encoding, rows: rows, byteCount: bytes.count)
  }

  private static func decode(_ bytes: [UInt8]) throws -> Transcoder {
    let decoded = try Transcoder(bytes)
    var odd = 0
    for byte in decoded.bytes.prefix(1 << 16) where byte < 32 {
      if byte == 0 { throw IngestError.binary }
      if !(9...13).contains(byte), byte != 27 { odd += 1 }
    }
    if odd * 20 > min(decoded.bytes.count, 1 << 16) || decoded.bytes.contains(0) { throw IngestError.binary }
    return decoded
  }

  private static func rows(of decoded: Transcoder, type: MediaType, byteCount: Int) throws -> [Row] {
    switch type {
    case .jsonLines:
      return JSONLinesExtractor.extract(decoded.bytes).map { row in
        var document = row.document
        document?.spans = decoded.sourceSpans(row.document?.spans ?? SpanMap())
        let lower = row.range.lowerBound == 0 ? 0 : decoded.source(of: row.range.lowerBound)
        let upper = row.range.upperBound >= decoded.bytes.count ? byteCount : decoded.source(of: row.range.upperBound)
        return Row(range: lower..<upper, document: document, problem: row.reason.map { (row.line, $0) })
      }
    case .html: return [whole(try HTMLExtractor.extract(decoded.bytes), decoded, byteCount)]
    case .markdown: return [whole(MarkdownExtractor.extract(decoded.bytes), decoded, byteCount)]
    default: return [whole(PlainTextExtractor.extract(decoded.bytes), decoded, byteCount)]
    }
  }

  private static func whole(_ document: ExtractedDocument, _ decoded: Transcoder, _ byteCount: Int) -> Row {
    var document = document
    document.spans = decoded.sourceSpans(document.spans)
    return Row(range: 0..<byteCount, document: document, problem: nil)
  }

  /// The bytes that spans of a file count: the file's own, or those it unpacks to.
  public static func unpacked(_ raw: [UInt8]) throws -> [UInt8] {
    raw.starts(with: [0x1F, 0x8B]) ? try Gzip.unpack(raw) : raw
  }
}
