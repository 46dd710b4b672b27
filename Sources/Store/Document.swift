/// Text extracted from a source, or from one record of it.
public struct Document: Hashable, Sendable {
  public var id: String
  /// The source's id.
  public var source: String
  /// The document's place among those of its source, from 0.
  public var ordinal: Int
  /// The bytes of the source that this document accounts for.
  public var sourceRange: Range<Int>
  public var title: String?
  /// ISO 639 code, such as `en` or `zh`.
  public var language: String?
  /// Light Markdown.
  public var text: String
  public var textHash: String
  /// Where the text's bytes came from in the source.
  public var spanMap: SpanMap?
  public var metadata: JSONValue
  /// The extractor's name and version.
  public var extractor: String
  /// Why the document is not used; nil for a kept one.
  public var dropReason: String?
  /// The document this one repeats.
  public var duplicateOf: String?
  public var created: String

  public var isKept: Bool { dropReason == nil }

  public init(
    id: String = RecordID.make(.document), source: String, ordinal: Int = 0, sourceRange: Range<Int>,
    title: String? = nil, language: String? = nil, text: String, textHash: String? = nil, spanMap: SpanMap? = nil,
    metadata: JSONValue = [:], extractor: String, dropReason: String? = nil, duplicateOf: String? = nil,
    created: String = Timestamp.now()
  ) {
    self.id = id
    self.source = source
    self.ordinal = ordinal
    self.sourceRange = sourceRange
    self.title = title
    self.language = language
    self.text = text
    self.textHash = textHash ?? ContentHash.of(text)
    self.spanMap = spanMap
    self.metadata = metadata
    self.extractor = extractor
    self.dropReason = dropReason
    self.duplicateOf = duplicateOf
    self.created = created
  }
}

/// A part of a document that stands under one heading.
public struct Chunk: Hashable, Sendable {
  public var id: String
  /// The document's id.
  public var document: String
  public var ordinal: Int
  /// UTF-8 bytes of the document's text.
  public var range: Range<Int>
  /// The headings above the chunk, outermost first.
  public var headingPath: [String]
  public var hash: String

  public init(
    id: String = RecordID.make(.chunk), document: String, ordinal: Int, range: Range<Int>, headingPath: [String] = [],
    hash: String
  ) {
    self.id = id
    self.document = document
    self.ordinal = ordinal
    self.range = range
    self.headingPath = headingPath
    self.hash = hash
  }
}

/// What a filter measured on a document.
public struct FilterScore: Hashable, Sendable {
  public var document: String
  public var filter: String
  public var score: Double?
  /// The byte ranges of the text that the filter found.
  public var spans: [Range<Int>]

  public init(document: String, filter: String, score: Double?, spans: [Range<Int>] = []) {
    self.document = document
    self.filter = filter
    self.score = score
    self.spans = spans
  }
}
