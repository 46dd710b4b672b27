import Foundation

/// Unicode normalisation before anything else is done to a text.
enum Normalizer: Sendable, Hashable {
  case none
  case canonical(composed: Bool)
  case compatible(composed: Bool)
  indirect case sequence([Normalizer])

  /// - Throws: `TokenizerError.unsupported` naming a type that is not known here.
  init(_ json: JSONValue?, file: String) throws {
    switch json?.type {
    case nil: self = .none
    case "NFC": self = .canonical(composed: true)
    case "NFD": self = .canonical(composed: false)
    case "NFKC": self = .compatible(composed: true)
    case "NFKD": self = .compatible(composed: false)
    case "Sequence":
      let parts = try (json?["normalizers"]?.array ?? []).map { try Normalizer($0, file: file) }
      self = parts.isEmpty ? .none : .sequence(parts)
    case .some(let type):
      throw TokenizerError.unsupported(
        file: file, feature: "the normalizer \(type)", supported: "NFC, NFD, NFKC, NFKD, Sequence")
    }
  }

  func normalize(_ text: String) -> String {
    switch self {
    case .none: text
    case .canonical(true): text.precomposedStringWithCanonicalMapping
    case .canonical(false): text.decomposedStringWithCanonicalMapping
    case .compatible(true): text.precomposedStringWithCompatibilityMapping
    case .compatible(false): text.decomposedStringWithCompatibilityMapping
    case .sequence(let parts): parts.reduce(text) { $1.normalize($0) }
    }
  }

  /// Whether these bytes certainly stay as they are: a cheap test that spares most text the slow path.
  func leavesUnchanged(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    switch self {
    case .none: true
    case .canonical(true): Self.isPlainlyComposed(text)
    case .sequence(let parts): parts.allSatisfy { $0.leavesUnchanged(text) }
    default: text.allSatisfy { $0 < 0x80 }
    }
  }

  /// True if the text has only code points below U+0300, U+4000 to U+9FFF (Han), and CJK punctuation and full-width
  /// forms, none of which composes with anything.
  private static func isPlainlyComposed(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var index = 0
    while index < text.count {
      switch text[index] {
      case 0..<0x80: index += 1
      case 0xC2...0xCB: index += 2
      case 0xE4...0xE9: index += 3
      case 0xE3 where text[index + 1] == 0x80 && text[index + 2] < 0xAA: index += 3
      case 0xEF where text[index + 1] == 0xBC || text[index + 1] == 0xBD: index += 3
      default: return false
      }
    }
    return true
  }
}
