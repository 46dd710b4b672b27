/// What kind of file a run of bytes is.
enum MediaType: Equatable, Sendable {
  case html
  case markdown
  case plainText
  case jsonLines
  case gzip
  /// A kind that is not read, by its registered name.
  case other(String)

  var name: String {
    switch self {
    case .html: "text/html"
    case .markdown: "text/markdown"
    case .plainText: "text/plain"
    case .jsonLines: "application/jsonl"
    case .gzip: "application/gzip"
    case .other(let name): name
    }
  }

  /// Decides by the bytes where they are unmistakable, and otherwise by the name's extension, then by content.
  static func of(_ bytes: [UInt8], name: String) -> MediaType {
    if let known = signature(bytes) { return known }
    let fileName = (name.split(separator: "/").last.map(String.init) ?? name).lowercased()
    if buildFiles.contains(fileName) { return .other("text/x-makefile") }
    let parts = fileName.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count > 1, let last = parts.last, code.contains(String(last)) { return .other("text/x-\(last)") }
    if parts.count > 1, let last = parts.last, let known = byExtension[String(last)] {
      // Pages are often stored under a text name, seldom the other way round.
      return known == .plainText && looksLikeHTML(bytes) ? .html : known
    }
    if looksLikeHTML(bytes) { return .html }
    if looksLikeJSONLines(bytes) { return .jsonLines }
    // An unknown extension or none: text if it reads as text, which the extractor finds out.
    return .plainText
  }

  private static let buildFiles: Set<String> = ["makefile", "gnumakefile", "cmakelists.txt", "dockerfile"]

  /// Source code and settings: text, but no documents.
  private static let code: Set<String> = [
    "c", "h", "cc", "cpp", "hpp", "m", "mm", "swift", "rs", "go", "java", "kt", "scala", "py", "pyc", "rb", "pl", "pm",
    "php", "ts", "tsx", "jsx", "sh", "bash", "zsh", "fish", "ps1", "bat", "sql", "lua", "r", "jl", "hs", "ml", "el",
    "mk", "cmake", "toml", "ini", "cfg", "conf", "lock", "po", "pot", "diff", "patch", "scss", "less", "vue", "ipynb",
  ]

  private static let byExtension: [String: MediaType] = [
    "html": .html, "htm": .html, "xhtml": .html, "md": .markdown, "markdown": .markdown, "mdown": .markdown,
    "txt": .plainText, "text": .plainText, "jsonl": .jsonLines, "ndjson": .jsonLines,
    "css": .other("text/css"), "js": .other("text/javascript"), "mjs": .other("text/javascript"),
    "svg": .other("image/svg+xml"), "xml": .other("application/xml"), "json": .other("application/json"),
    "csv": .other("text/csv"), "tsv": .other("text/tab-separated-values"), "yaml": .other("application/yaml"),
    "yml": .other("application/yaml"), "xpm": .other("image/x-xpixmap"), "png": .other("image/png"),
    "gif": .other("image/gif"), "jpg": .other("image/jpeg"), "jpeg": .other("image/jpeg"),
    "ico": .other("image/x-icon"),
    "webp": .other("image/webp"), "woff": .other("font/woff"), "woff2": .other("font/woff2"), "ttf": .other("font/ttf"),
    "pdf": .other("application/pdf"), "epub": .other("application/epub+zip"), "zip": .other("application/zip"),
    "tar": .other("application/x-tar"), "xz": .other("application/x-xz"), "zst": .other("application/zstd"),
    "ps": .other("application/postscript"), "parquet": .other("application/vnd.apache.parquet"),
    "sqlite": .other("application/vnd.sqlite3"), "db": .other("application/vnd.sqlite3"),
    "mp3": .other("audio/mpeg"), "mp4": .other("video/mp4"),
  ]

  private static let signatures: [(prefix: [UInt8], type: MediaType)] = [
    (Array("%PDF-".utf8), .other("application/pdf")), (Array("%!PS".utf8), .other("application/postscript")),
    ([0x89, 0x50, 0x4E, 0x47], .other("image/png")), (Array("GIF8".utf8), .other("image/gif")),
    ([0xFF, 0xD8, 0xFF], .other("image/jpeg")), ([0x50, 0x4B, 3, 4], .other("application/zip")),
    ([0x1F, 0x8B], .gzip), ([0x28, 0xB5, 0x2F, 0xFD], .other("application/zstd")),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A], .other("application/x-xz")), (Array("BZh".utf8), .other("application/x-bzip2")),
    ([0x7F, 0x45, 0x4C, 0x46], .other("application/x-executable")),
    (Array("SQLite format 3".utf8), .other("application/vnd.sqlite3")),
    (Array("PAR1".utf8), .other("application/vnd.apache.parquet")),
    (Array("/* XPM */".utf8), .other("image/x-xpixmap")), (Array("!<arch>".utf8), .other("application/x-archive")),
  ]

  private static func signature(_ bytes: [UInt8]) -> MediaType? {
    signatures.first { bytes.starts(with: $0.prefix) }?.type
  }

  private static func looksLikeHTML(_ bytes: [UInt8]) -> Bool {
    let head = bytes.prefix(1024).filter { $0 != 0 && $0 < 0x80 }
    let text = String(decoding: head, as: UTF8.self).lowercased().drop { $0.isWhitespace }
    return text.hasPrefix("<!doctype html") || text.hasPrefix("<html")
      || (text.hasPrefix("<?xml") && text.contains("<html"))
  }

  private static func looksLikeJSONLines(_ bytes: [UInt8]) -> Bool {
    guard bytes.first == UInt8(ascii: "{"), let end = bytes.firstIndex(of: 10) else { return false }
    return bytes[..<end].last { $0 > 32 } == UInt8(ascii: "}")
  }
}
