import CCrypto
import Foundation

/// SHA-256 of content, as 64 lower-case hexadecimal digits: the identity of bytes and texts in the store.
public enum ContentHash {
  /// The hash of raw bytes.
  public static func of(_ data: Data) -> String {
    data.withUnsafeBytes { hex(digest($0)) }
  }

  /// The hash of a text's UTF-8 bytes.
  public static func of(_ text: String) -> String {
    var text = text
    return text.withUTF8 { hex(digest(UnsafeRawBufferPointer($0))) }
  }

  /// The hash of raw bytes.
  public static func of(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBytes { hex(digest($0)) }
  }

  /// The hash of a file's bytes, read in pieces so that large weights need no memory.
  /// - Throws: the file system's error when the file cannot be read.
  public static func ofFile(_ path: String) throws -> String {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { try? file.close() }
    let hasher = ContentHasher()
    while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { piece.withUnsafeBytes { hasher.add($0) } }
    return hasher.finish()
  }

  /// The 32 bytes of SHA-256.
  static func digest(_ buffer: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    EVP_Digest(buffer.baseAddress, buffer.count, &bytes, nil, EVP_sha256(), nil)
    return bytes
  }

  static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text = [UInt8]()
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
