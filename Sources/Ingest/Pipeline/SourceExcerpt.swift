import Foundation
import Store

/// The bytes of a source file that a stretch of a document's text was read from, read again and checked.
public struct SourceExcerpt: Sendable, Equatable {
  public enum State: Sendable, Equatable {
    /// The file is there with the same hash; this is what it says, as text.
    case verified(String)
    /// The file has other bytes now.
    case changed
    /// No file of the recorded names is there.
    case missing
    /// The text was added by the extractor, or has no map to its source.
    case untraceable
  }

  /// The file the excerpt was looked for in.
  public var uri: String?
  /// Bytes of the file, of its unpacked contents when it is packed.
  public var range: Range<Int>?
  public var isPacked: Bool
  public var state: State

  /// Reads the source of a stretch of a document's text again.
  ///
  /// - Throws: `StoreError`; a file that cannot be read is a state, not an error.
  public static func read(_ textRange: Range<Int>, of document: Document, in store: Store) throws -> SourceExcerpt {
    let source = try store.source(id: document.source)
    let isPacked = source?.encoding?.hasPrefix("gzip+") ?? false
    let range = document.spanMap?.sourceRange(of: textRange)
    var excerpt = SourceExcerpt(uri: nil, range: range, isPacked: isPacked, state: .missing)
    guard let source else { return excerpt }
    let locations = try store.locations(ofSource: source.id).sorted { $0.isCurrent && !$1.isCurrent }
    for location in locations {
      guard let bytes = try? FileContents.read(location.uri) else { continue }
      excerpt.uri = location.uri
      guard ContentHash.of(bytes) == source.hash else {
        excerpt.state = .changed
        continue
      }
      guard let range, let text = try? text(of: bytes, range, encoding: source.encoding) else {
        excerpt.state = .untraceable
        return excerpt
      }
      excerpt.state = .verified(text)
      return excerpt
    }
    excerpt.uri = excerpt.uri ?? locations.first?.uri
    return excerpt
  }

  private static func text(of raw: [UInt8], _ range: Range<Int>, encoding: String?) throws -> String? {
    let bytes = try DocumentReader.unpacked(raw)
    guard range.upperBound <= bytes.count else { return nil }
    let name = encoding?.split(separator: "+").last.map(String.init) ?? "UTF-8"
    return Transcoder.text(Array(bytes[range]), encoding: name)
  }
}
