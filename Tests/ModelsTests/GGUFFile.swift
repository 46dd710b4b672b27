import Foundation
import Testing

/// A GGUF file read back as ggml's docs/gguf.md describes it, for tests; types are read by their numbers.
struct GGUFFile {
  struct Tensor {
    var name: String
    /// The innermost first, as the file lists them.
    var dimensions: [Int]
    var type: UInt32
    var bytes: Data
  }

  enum Value: Equatable {
    case integer(Int)
    case float(Float)
    case bool(Bool)
    case string(String)
    case array([Value])
  }

  var metadata: [String: Value] = [:]
  var tensors: [String: Tensor] = [:]

  init(_ url: URL) throws {
    let data = try Data(contentsOf: url)
    var reader = Reader(data: data)
    try #require(reader.bytes(4) == Data("GGUF".utf8))
    try #require(reader.integer(UInt32.self) == 3)
    let (tensorCount, valueCount) = (reader.integer(UInt64.self), reader.integer(UInt64.self))
    for _ in 0..<valueCount {
      let key = reader.string()
      let type = reader.integer(UInt32.self)
      metadata[key] = try reader.value(type)
    }
    var places: [(name: String, dimensions: [Int], type: UInt32, offset: Int)] = []
    for _ in 0..<tensorCount {
      let name = reader.string()
      let rank = reader.integer(UInt32.self)
      let dimensions = (0..<rank).map { _ in Int(reader.integer(UInt64.self)) }
      places.append((name, dimensions, reader.integer(UInt32.self), Int(reader.integer(UInt64.self))))
    }
    let start = (reader.position + 31) / 32 * 32
    for place in places {
      try #require(place.offset % 32 == 0)
      let (block, size) = try #require(Self.blocks[place.type])
      let count = place.dimensions.reduce(1, *)
      try #require(place.dimensions[0] % block == 0)
      let range = start + place.offset..<start + place.offset + count / block * size
      try #require(range.upperBound <= data.count)
      tensors[place.name] = Tensor(
        name: place.name, dimensions: place.dimensions, type: place.type, bytes: data.subdata(in: range))
    }
  }

  /// Weights and bytes of a block, by ggml's numbers of types.
  private static let blocks: [UInt32: (Int, Int)] = [
    0: (1, 4), 1: (1, 2), 2: (32, 18), 6: (32, 22), 8: (32, 34), 12: (256, 144), 30: (1, 2),
  ]

  private struct Reader {
    let data: Data
    var position = 0

    mutating func bytes(_ count: Int) -> Data {
      defer { position += count }
      return data.subdata(in: position..<position + count)
    }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type) -> T {
      defer { position += MemoryLayout<T>.size }
      return T(littleEndian: data.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: T.self) })
    }

    mutating func string() -> String {
      let count = Int(integer(UInt64.self))
      return String(decoding: bytes(count), as: UTF8.self)
    }

    mutating func value(_ type: UInt32) throws -> Value {
      switch type {
      case 4: return .integer(Int(integer(UInt32.self)))
      case 5: return .integer(Int(integer(Int32.self)))
      case 6: return .float(Float(bitPattern: integer(UInt32.self)))
      case 7: return .bool(integer(UInt8.self) != 0)
      case 8: return .string(string())
      case 9:
        let element = integer(UInt32.self)
        let count = integer(UInt64.self)
        return .array(try (0..<count).map { _ in try value(element) })
      default: throw CocoaError(.fileReadCorruptFile)
      }
    }
  }
}

/// Blocks back to f32, as gguf-py's quants.py does it.
enum Dequantized {
  private static func half(_ bytes: Data, _ at: Int) -> Float {
    let bits = UInt16(bytes[bytes.startIndex + at]) | UInt16(bytes[bytes.startIndex + at + 1]) << 8
    let (exponent, fraction) = (Int(bits >> 10) & 31, Float(bits & 1023))
    let magnitude =
      exponent == 0
      ? fraction * 0x1p-24 : (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    return bits >> 15 == 0 ? magnitude : -magnitude
  }

  /// Q8_0: 34 bytes for 32 weights.
  static func q8(_ data: Data) -> [Float] {
    stride(from: 0, to: data.count, by: 34).flatMap { start in
      let d = half(data, start)
      return (0..<32).map { d * Float(Int8(bitPattern: data[data.startIndex + start + 2 + $0])) }
    }
  }

  /// Q4_K: 144 bytes for 256 weights.
  static func q4K(_ data: Data) -> [Float] {
    stride(from: 0, to: data.count, by: 144).flatMap { start -> [Float] in
      let (d, e) = (half(data, start), half(data, start + 2))
      func byte(_ index: Int) -> UInt8 { data[data.startIndex + start + index] }
      return (0..<256).map { index in
        let part = index / 32
        let (scale, offset) =
          part < 4
          ? (byte(4 + part) & 63, byte(8 + part) & 63)
          : (
            byte(8 + part) & 15 | (byte(part) >> 6) << 4, byte(8 + part) >> 4 | (byte(4 + part) >> 6) << 4
          )
        let packed = byte(16 + part / 2 * 32 + index % 32)
        let code = part % 2 == 0 ? packed & 15 : packed >> 4
        return d * Float(scale) * Float(code) - e * Float(offset)
      }
    }
  }
}
