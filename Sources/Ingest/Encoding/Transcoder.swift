import Glibc
import Store

/// Converts text of any encoding to UTF-8 and remembers which bytes each character was read from.
struct Transcoder {
  /// Text in UTF-8 without a byte order mark.
  private(set) var bytes: [UInt8]
  /// Where each byte of `bytes` begins in the file; nil where both are the same but for `shift`.
  private var origins: [UInt32]?
  private let shift: Int
  private let sourceLength: Int
  private(set) var encoding: String

  /// Decodes a whole file.
  ///
  /// - Throws: `IngestError.undecodable` when the encoding is unknown here, or more than one character in a hundred
  ///   is damaged.
  init(_ source: [UInt8]) throws {
    let detection = TextEncoding.detect(source)
    encoding = detection.name
    shift = detection.markLength
    sourceLength = source.count
    if detection.name == "UTF-8" {
      bytes = detection.markLength == 0 ? source : Array(source.dropFirst(detection.markLength))
      origins = nil
      if !TextEncoding.isValidUTF8(bytes) { try repair() }
      return
    }
    guard source.count < Int(UInt32.max) else {
      throw IngestError.tooLarge(bytes: source.count, limit: Int(UInt32.max))
    }
    let decoded = try Transcoder.decode(Array(source.dropFirst(shift)), from: detection.name, shift: shift)
    bytes = decoded.bytes
    origins = decoded.origins
    try Transcoder.refuse(damaged: decoded.damaged, of: decoded.bytes.count, encoding: encoding)
  }

  /// The position in the file of a position in `bytes`.
  func source(of position: Int) -> Int {
    guard let origins else { return position + shift }
    return position < origins.count ? Int(origins[position]) : sourceLength
  }

  /// Whether a map of positions in `bytes` is one of positions in the file already.
  var isIdentity: Bool { origins == nil && shift == 0 }

  /// A map into `bytes` turned into a map into the file; characters of another length there get runs of their own.
  func sourceSpans(_ spans: SpanMap) -> SpanMap {
    if isIdentity { return spans }
    var moved = SpanMap()
    for run in spans.runs {
      guard let origins, run.text.count == run.source.count else {
        moved.append(text: run.text, source: source(of: run.source.lowerBound)..<source(of: run.source.upperBound))
        continue
      }
      let offset = run.text.lowerBound - run.source.lowerBound
      var start = run.source.lowerBound
      while start < run.source.upperBound {
        var end = start + 1
        while end < run.source.upperBound, origins[end] == origins[start] { end += 1 }
        moved.append(text: start + offset..<end + offset, source: source(of: start)..<source(of: end))
        start = end
      }
    }
    return moved
  }

  /// A part of a file as text.
  static func text(_ bytes: [UInt8], encoding: String) -> String? {
    if encoding == "UTF-8" { return String(decoding: bytes, as: UTF8.self) }
    return (try? decode(bytes, from: encoding, shift: 0)).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  static func canDecode(_ bytes: [UInt8], from encoding: String) -> Bool {
    guard let decoded = try? decode(Array(bytes.prefix(1 << 16)), from: encoding, shift: 0) else { return false }
    return decoded.damaged <= 1 + decoded.bytes.count / 1000
  }

  private static func refuse(damaged: Int, of count: Int, encoding: String) throws {
    if damaged * 100 > count {
      throw IngestError.undecodable(encoding: encoding, reason: "\(damaged) damaged characters")
    }
  }

  /// Replaces bytes that are no UTF-8 by U+FFFD, one by one.
  private mutating func repair() throws {
    var output: [UInt8] = []
    var places: [UInt32] = []
    var damaged = 0
    var position = 0
    while position < bytes.count {
      let length = Transcoder.sequenceLength(bytes, position)
      let character = length > 0 ? Array(bytes[position..<position + length]) : [0xEF, 0xBF, 0xBD]
      if length == 0 { damaged += 1 }
      for _ in character { places.append(UInt32(position + shift)) }
      output += character
      position += max(1, length)
    }
    bytes = output
    origins = places
    try Transcoder.refuse(damaged: damaged, of: output.count, encoding: encoding)
  }

  /// The length of the valid UTF-8 sequence at a position, 0 for none.
  private static func sequenceLength(_ bytes: [UInt8], _ at: Int) -> Int {
    let lead = bytes[at]
    if lead < 0x80 { return 1 }
    let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
    guard lead >= 0xC2, at + length <= bytes.count else { return 0 }
    return String(validating: bytes[at..<at + length], as: UTF8.self) != nil ? length : 0
  }

  // MARK: iconv

  private struct Decoded {
    var bytes: [UInt8] = []
    var origins: [UInt32] = []
    var damaged = 0
  }

  /// Converts character by character, so that the place of each is known; damaged bytes become U+FFFD.
  private static func decode(_ source: [UInt8], from encoding: String, shift: Int) throws -> Decoded {
    let converter = iconv_open("UTF-8", encoding)
    guard Int(bitPattern: converter) != -1 else {
      throw IngestError.undecodable(encoding: encoding, reason: "this machine has no converter for it")
    }
    defer { iconv_close(converter) }
    var decoded = Decoded()
    decoded.bytes.reserveCapacity(source.count * 3 / 2)
    decoded.origins.reserveCapacity(source.count * 3 / 2)
    var input = source
    input.withUnsafeMutableBytes { raw in
      var next = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
      var left = raw.count
      while left > 0 {
        let place = UInt32(raw.count - left + shift)
        if convertOne(converter, &next, &left, place, into: &decoded) { continue }
        decoded.bytes += [0xEF, 0xBF, 0xBD]
        decoded.origins += [place, place, place]
        decoded.damaged += 1
        next = next.map { $0 + 1 }
        left -= 1
      }
    }
    return decoded
  }

  /// Offers iconv room for one character only, which makes it stop behind it.
  private static func convertOne(
    _ converter: iconv_t?, _ next: inout UnsafeMutablePointer<CChar>?, _ left: inout Int, _ place: UInt32,
    into decoded: inout Decoded
  ) -> Bool {
    let before = left
    let isPlain = (next?.pointee ?? 0) >= 0
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8) { buffer in
      for capacity in (isPlain ? 1 : 2)...8 {
        var out = buffer.baseAddress
        var room = capacity
        let result = iconv(converter, &next, &left, &out, &room)
        let refusal = errno
        for index in 0..<capacity - room {
          decoded.bytes.append(UInt8(bitPattern: buffer[index]))
          decoded.origins.append(place)
        }
        if left < before || room < capacity { return true }
        if result == Int(bitPattern: UInt.max), refusal != E2BIG { return false }
      }
      return false
    }
  }
}
