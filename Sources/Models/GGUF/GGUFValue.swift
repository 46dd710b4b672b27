import Foundation

/// A value of a GGUF file's metadata.
enum GGUFValue: Sendable, Hashable {
  case uint32(UInt32)
  case float32(Float)
  case bool(Bool)
  case string(String)
  case strings([String])
  case int32s([Int32])

  /// The number of the value's type, then the value; all little-endian.
  func append(to data: inout Data) {
    switch self {
    case .uint32(let value):
      data.append(littleEndian: UInt32(4))
      data.append(littleEndian: value)
    case .float32(let value):
      data.append(littleEndian: UInt32(6))
      data.append(littleEndian: value.bitPattern)
    case .bool(let value):
      data.append(littleEndian: UInt32(7))
      data.append(value ? 1 : 0)
    case .string(let text):
      data.append(littleEndian: UInt32(8))
      data.append(ggufString: text)
    case .strings(let texts):
      data.append(littleEndian: UInt32(9))
      data.append(littleEndian: UInt32(8))
      data.append(littleEndian: UInt64(texts.count))
      for text in texts { data.append(ggufString: text) }
    case .int32s(let values):
      data.append(littleEndian: UInt32(9))
      data.append(littleEndian: UInt32(5))
      data.append(littleEndian: UInt64(values.count))
      for value in values { data.append(littleEndian: value) }
    }
  }
}

extension Data {
  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// Length in bytes, then UTF-8.
  mutating func append(ggufString text: String) {
    append(littleEndian: UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}
