/// Why a file or a whole ingest could not be read. The text is for the person at the terminal.
public enum IngestError: Error, CustomStringConvertible, Sendable, Equatable {
  /// No file or folder of this name.
  case missing(path: String)
  /// A quoted pattern that matches nothing.
  case noMatch(pattern: String)
  /// The operating system refused to read the file.
  case unreadable(path: String, reason: String)
  case tooLarge(bytes: Int, limit: Int)
  case outOfMemory
  /// A file that holds NUL bytes or mostly control characters.
  case binary
  case unsupported(mediaType: String)
  /// Bytes that are not text in the encoding found, or an encoding this machine cannot convert.
  case undecodable(encoding: String, reason: String)
  case damagedGzip(reason: String)

  public var description: String {
    switch self {
    case .missing(let path): "\(path): no such file or folder; check the spelling"
    case .noMatch(let pattern): "\(pattern): no file matches this pattern"
    case .unreadable(let path, let reason): "\(path): cannot be read (\(reason))"
    case .tooLarge(let bytes, let limit): "too large: \(bytes) bytes, at most \(limit) are read; split the file"
    case .outOfMemory: "not enough memory to parse this file"
    case .binary: "binary"
    case .unsupported(let mediaType): "unsupported media type \(mediaType)"
    case .undecodable(let encoding, let reason): "not readable as \(encoding): \(reason)"
    case .damagedGzip(let reason): "damaged gzip file: \(reason)"
    }
  }
}
