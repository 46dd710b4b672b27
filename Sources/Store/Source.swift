/// Distinct raw bytes, whatever names they have.
public struct Source: Hashable, Sendable {
  /// What the bytes are for.
  public enum Purpose: String, Sendable { case documents, dataset }

  public var id: String
  /// SHA-256 of the raw bytes; the identity.
  public var hash: String
  public var bytes: Int
  public var mediaType: String
  public var encoding: String?
  public var licence: String?
  public var purpose: Purpose
  public var created: String

  public init(
    id: String = RecordID.make(.source), hash: String, bytes: Int, mediaType: String, encoding: String? = nil,
    licence: String? = nil, purpose: Purpose = .documents, created: String = Timestamp.now()
  ) {
    self.id = id
    self.hash = hash
    self.bytes = bytes
    self.mediaType = mediaType
    self.encoding = encoding
    self.licence = licence
    self.purpose = purpose
    self.created = created
  }
}

/// A name under which a source's bytes were met.
public struct SourceLocation: Hashable, Sendable {
  /// The source's id.
  public var source: String
  public var uri: String
  /// The file's modification time, seconds since 1970; with `size` it makes re-ingest of an unchanged file free.
  public var modified: Double?
  public var size: Int?
  /// Whether the name still stands for these bytes, not for later ones.
  public var isCurrent: Bool
  public var seen: String

  public init(
    source: String, uri: String, modified: Double? = nil, size: Int? = nil, isCurrent: Bool = true,
    seen: String = Timestamp.now()
  ) {
    self.source = source
    self.uri = uri
    self.modified = modified
    self.size = size
    self.isCurrent = isCurrent
    self.seen = seen
  }
}

/// A name that could not be read or extracted.
public struct IngestFailure: Hashable, Sendable {
  public var uri: String
  /// The source's id when its bytes could be read.
  public var source: String?
  public var reason: String
  public var created: String

  public init(uri: String, source: String? = nil, reason: String, created: String = Timestamp.now()) {
    self.uri = uri
    self.source = source
    self.reason = reason
    self.created = created
  }
}
