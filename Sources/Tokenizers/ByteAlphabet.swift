/// GPT-2's one-to-one map of the 256 bytes to printable characters, in which byte-level vocabularies are written.
enum ByteAlphabet {
  /// The character of each byte.
  static let characters: [Unicode.Scalar] = {
    var next: UInt32 = 256
    return (0..<256).map { (byte: UInt32) in
      let printsAsItself =
        (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
      defer { if !printsAsItself { next += 1 } }
      return Unicode.Scalar(printsAsItself ? byte : next)!
    }
  }()

  /// Bytes by their character's code point; -1 where a code point stands for no byte.
  private static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 512)
    for (byte, character) in characters.enumerated() { table[Int(character.value)] = Int16(byte) }
    return table
  }()

  /// The bytes in the order of their characters, which is the order in which a trained vocabulary lists them.
  static let bytesInCharacterOrder: [UInt8] =
    (0..<256).sorted { characters[$0].value < characters[$1].value }.map { UInt8($0) }

  /// The bytes that a token stands for, or nil if it holds a character outside the alphabet.
  static func bytes(of token: String) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(token.utf8.count)
    for scalar in token.unicodeScalars {
      guard scalar.value < 512, bytes[Int(scalar.value)] >= 0 else { return nil }
      result.append(UInt8(bytes[Int(scalar.value)]))
    }
    return result
  }

  /// The token that stands for some bytes.
  static func token(of bytes: some Sequence<UInt8>) -> String {
    var scalars = String.UnicodeScalarView()
    for byte in bytes { scalars.append(characters[Int(byte)]) }
    return String(scalars)
  }
}
