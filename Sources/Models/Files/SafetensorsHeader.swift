import Foundation

/// The table at the beginning of a safetensors file: eight bytes of length, then JSON.
///
/// Source: the format's README (github.com/huggingface/safetensors).
struct SafetensorsHeader: Sendable {
  struct Entry: Sendable, Hashable {
    var type: SafetensorsType
    var shape: [Int]
    /// Where the values lie, counted from the end of the header.
    var range: Range<Int>
  }

  /// Longer headers are damage, not tables; the reference implementation has the same limit.
  static let longest = 100_000_000

  var entries: [String: Entry] = [:]
  var metadata: [String: String] = [:]
  /// Where the values begin in the file.
  var dataStart: Int

  /// Reads and checks a header against the file that it stands in.
  ///
  /// - Throws: `ModelError` naming the file, and the tensor where it is one's fault.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws {
    guard bytes.count >= 8 else { throw ModelError.truncated(file: file, expectedBytes: 8, actualBytes: bytes.count) }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= Self.longest else {
      throw ModelError.malformed(file: file, reason: "its header claims \(length) bytes; it is no safetensors file")
    }
    dataStart = 8 + Int(length)
    guard bytes.count >= dataStart else {
      throw ModelError.truncated(file: file, expectedBytes: dataStart, actualBytes: bytes.count)
    }
    let table: [String: Item]
    do {
      table = try JSONDecoder().decode([String: Item].self, from: Data(bytes[8..<dataStart]))
    } catch {
      throw ModelError.malformed(file: file, reason: "its header is not the JSON that safetensors has")
    }
    for (name, item) in table {
      if name == "__metadata__" { metadata = item.strings } else { entries[name] = try Self.entry(name, item, file) }
    }
    try checkLayout(size: bytes.count - dataStart, file: file)
  }

  /// Either a tensor's entry or the metadata.
  private struct Item: Decodable {
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    var strings: [String: String] = [:]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }

    init(from decoder: any Decoder) throws {
      if let strings = try? decoder.singleValueContainer().decode([String: String].self) {
        self.strings = strings
        return
      }
      let container = try decoder.container(keyedBy: CodingKeys.self)
      dtype = try container.decode(String.self, forKey: .dtype)
      shape = try container.decode([Int].self, forKey: .shape)
      offsets = try container.decode([Int].self, forKey: .offsets)
    }
  }

  private static func entry(_ name: String, _ item: Item, _ file: String) throws -> Entry {
    func bad(_ reason: String) -> ModelError { .badTensor(file: file, tensor: name, reason: reason) }
    guard let dtype = item.dtype, let shape = item.shape, let offsets = item.offsets, offsets.count == 2 else {
      throw bad("its entry lacks dtype, shape or data_offsets")
    }
    guard let type = SafetensorsType(rawValue: dtype) else {
      let known = SafetensorsType.allCases.map(\.rawValue).joined(separator: ", ")
      throw ModelError.unsupported(file: file, feature: "the dtype \(dtype) of tensor \(name)", supported: known)
    }
    guard 0 <= offsets[0], offsets[0] <= offsets[1] else { throw bad("its data_offsets are \(offsets)") }
    var size = type.size
    for dimension in shape {
      let (product, overflows) = size.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflows else { throw bad("its shape is \(shape)") }
      size = product
    }
    guard size == offsets[1] - offsets[0] else {
      throw bad("shape \(shape) of \(dtype) takes \(size) bytes, its data_offsets hold \(offsets[1] - offsets[0])")
    }
    return Entry(type: type, shape: shape, range: offsets[0]..<offsets[1])
  }

  /// Tensors must lie one after the other, without overlap or gap, to the file's last byte.
  private func checkLayout(size: Int, file: String) throws {
    var end = 0
    for (name, entry) in entries.sorted(by: {
      ($0.value.range.lowerBound, $0.value.range.upperBound) < ($1.value.range.lowerBound, $1.value.range.upperBound)
    }) {
      guard entry.range.lowerBound == end else {
        let fault = entry.range.lowerBound < end ? "overlaps the tensor before it" : "leaves a gap before it"
        throw ModelError.badTensor(
          file: file, tensor: name, reason: "begins at byte \(entry.range.lowerBound), expected \(end): it \(fault)")
      }
      end = entry.range.upperBound
    }
    if size < end {
      throw ModelError.truncated(file: file, expectedBytes: dataStart + end, actualBytes: dataStart + size)
    }
    if size > end {
      throw ModelError.malformed(file: file, reason: "\(size - end) bytes follow the last tensor")
    }
  }
}
