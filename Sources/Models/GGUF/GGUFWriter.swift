import Foundation

/// A tensor to be written: its bytes come when their turn comes.
struct GGUFTensor: Sendable, Hashable {
  var name: String
  var type: GGUFType
  /// Row-major, the longest stride first; the file lists it the other way round.
  var shape: [Int]

  var rows: Int { shape.dropLast().reduce(1, *) }
  var columns: Int { shape[shape.count - 1] }
  var byteCount: Int { rows * type.bytes(columns: columns) }
}

/// Writes GGUF files, version 3: magic, metadata, the tensors' places, then their bytes, each at a multiple of 32.
///
/// Source: ggml's docs/gguf.md.
enum GGUFWriter {
  static let alignment = 32

  /// Hands the bytes of one tensor to the sink, in one or more pieces.
  typealias Values = (_ tensor: GGUFTensor, _ sink: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

  /// Writes one file; a kill or a full disk leaves the file that was there before.
  ///
  /// - Throws: `ModelError.unwritable` with the system's reason, `ModelError.badTensor` if `values` gives too few or
  ///   too many bytes, and what `values` throws.
  static func write(
    _ tensors: [GGUFTensor], metadata: [(key: String, value: GGUFValue)], to url: URL, values: Values
  ) throws {
    let file = try AtomicFile(url)
    try header(tensors, metadata: metadata).withUnsafeBytes { try file.write($0) }
    for tensor in tensors {
      try file.write(tensor, name: tensor.name, byteCount: tensor.byteCount, values: values)
      try Data(count: padding(tensor.byteCount)).withUnsafeBytes { try file.write($0) }
    }
    try file.commit()
  }

  private static func header(_ tensors: [GGUFTensor], metadata: [(key: String, value: GGUFValue)]) -> Data {
    var data = Data("GGUF".utf8)
    data.append(littleEndian: UInt32(3))
    data.append(littleEndian: UInt64(tensors.count))
    data.append(littleEndian: UInt64(metadata.count))
    for (key, value) in metadata {
      data.append(ggufString: key)
      value.append(to: &data)
    }
    var offset = 0
    for tensor in tensors {
      data.append(ggufString: tensor.name)
      data.append(littleEndian: UInt32(tensor.shape.count))
      for size in tensor.shape.reversed() { data.append(littleEndian: UInt64(size)) }
      data.append(littleEndian: tensor.type.rawValue)
      data.append(littleEndian: UInt64(offset))
      offset += tensor.byteCount + padding(tensor.byteCount)
    }
    data.append(Data(count: padding(data.count)))
    return data
  }

  /// Bytes up to the next multiple of the alignment.
  private static func padding(_ count: Int) -> Int { (alignment - count % alignment) % alignment }
}
