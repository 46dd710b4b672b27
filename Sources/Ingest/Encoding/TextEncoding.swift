import CUchardet

/// Finds out in which encoding a file is written.
///
/// In order: a byte order mark; zero bytes in the pattern of UTF-16; text that is valid UTF-8 (other encodings hardly
/// ever are, by accident); the encoding the file declares; what `uchardet` makes of its bytes; Windows-1252.
enum TextEncoding {
  struct Detection: Equatable {
    /// A name for iconv; `UTF-8` needs no conversion.
    var name: String
    /// The length of the byte order mark to skip.
    var markLength = 0
  }

  static func detect(_ bytes: [UInt8]) -> Detection {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return Detection(name: "UTF-8", markLength: 3) }
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) { return Detection(name: "UTF-32LE", markLength: 4) }
    if bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return Detection(name: "UTF-32BE", markLength: 4) }
    if bytes.starts(with: [0xFF, 0xFE]) { return Detection(name: "UTF-16LE", markLength: 2) }
    if bytes.starts(with: [0xFE, 0xFF]) { return Detection(name: "UTF-16BE", markLength: 2) }
    if let name = unmarkedUTF16(bytes) { return Detection(name: name) }
    // Seven-bit encodings switch their character sets by escape sequences.
    let isSwitching = bytes.prefix(1 << 16).contains(27) && declaredName(bytes) == "ISO-2022-JP"
    if !isSwitching, isValidUTF8(bytes) { return Detection(name: "UTF-8") }
    let declared = declaredName(bytes)
    if let declared, declared != "UTF-8", Transcoder.canDecode(bytes, from: declared) {
      return Detection(name: declared)
    }
    if let guessed = guess(bytes), Transcoder.canDecode(bytes, from: guessed) { return Detection(name: guessed) }
    if declared == "UTF-8" { return Detection(name: "UTF-8") }
    return Detection(name: "WINDOWS-1252")
  }

  static func isValidUTF8(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
  }

  /// Without a mark, mostly Latin UTF-16 shows by its zero bytes on one side only.
  private static func unmarkedUTF16(_ bytes: [UInt8]) -> String? {
    let sample = bytes.prefix(4096)
    guard sample.count >= 8, bytes.count % 2 == 0 else { return nil }
    var zeros = [0, 0]
    for (index, byte) in sample.enumerated() where byte == 0 { zeros[index % 2] += 1 }
    let half = sample.count / 2
    if zeros[1] * 10 > half * 4, zeros[0] * 50 < half { return "UTF-16LE" }
    if zeros[0] * 10 > half * 4, zeros[1] * 50 < half { return "UTF-16BE" }
    return nil
  }

  // MARK: Declarations

  /// The encoding named in the first 4 KiB: `<meta charset>`, an XML declaration, or an editor's `coding:` line.
  static func declaredName(_ bytes: [UInt8]) -> String? {
    let head = bytes.prefix(4096).map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }
    let text = String(decoding: head, as: UTF8.self).lowercased()
    for pattern in [
      /charset\s*=\s*["']?\s*([a-z0-9_:-]+)/, /<\?xml[^>]*encoding\s*=\s*["']([a-z0-9_:-]+)/,
      /coding[:=]\s*([a-z0-9_-]+)/,
    ] {
      if let match = text.firstMatch(of: pattern) { return standardName(String(match.1)) }
    }
    return nil
  }

  /// Maps labels to the superset that pages mean by them, as browsers do.
  static func standardName(_ label: String) -> String {
    switch label.lowercased() {
    case "utf-8", "utf8", "ascii-utf8": "UTF-8"
    case "gb2312", "gbk", "gb_2312-80", "gb18030", "x-gbk", "cp936", "hz-gb-2312", "euc-cn": "GB18030"
    case "big5", "big5-hkscs", "x-x-big5", "cp950": "BIG5-HKSCS"
    case "shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms932", "cp932": "CP932"
    case "euc-kr", "ks_c_5601-1987", "ksc5601", "uhc", "windows-949", "cp949": "CP949"
    case "iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii", "windows-1252", "cp1252": "WINDOWS-1252"
    case "iso-8859-9", "windows-1254": "WINDOWS-1254"
    // A page that reaches here is no UTF-16, whatever it says.
    case "utf-16", "utf-16le", "utf-16be", "unicode": "UTF-8"
    default: label.uppercased()
    }
  }

  private static func guess(_ bytes: [UInt8]) -> String? {
    guard let detector = uchardet_new() else { return nil }
    defer { uchardet_delete(detector) }
    let sample = bytes.prefix(1 << 20)
    let result = sample.withUnsafeBytes { raw in
      uchardet_handle_data(detector, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
    }
    guard result == 0 else { return nil }
    uchardet_data_end(detector)
    guard let name = uchardet_get_charset(detector), name.pointee != 0 else { return nil }
    return standardName(String(cString: name))
  }
}
