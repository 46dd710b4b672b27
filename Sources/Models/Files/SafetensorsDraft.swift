import Foundation

/// A safetensors file whose tensors are written in any order and in pieces, each at its place.
///
/// Nothing is seen under the file's name before `commit`.
final class SafetensorsDraft {
  private let url: URL
  private let file: AtomicFile
  private var places: [String: Range<Int>] = [:]
  /// Bytes still to come, by tensor.
  private var missing: [String: Int] = [:]

  /// Takes the room of the whole file, and removes drafts of it that were left behind.
  ///
  /// - Throws: `ModelError.unwritable`, a full disk included.
  init(_ tensors: [SafetensorsTensor], to url: URL, metadata: [String: String]) throws {
    self.url = url
    AtomicFile.removeLeftovers(of: url)
    file = try AtomicFile(url)
    let ordered = SafetensorsWriter.ordered(tensors)
    let header = try SafetensorsWriter.header(ordered, metadata: metadata)
    var end = header.count
    for tensor in ordered {
      places[tensor.name] = end..<end + tensor.byteCount
      missing[tensor.name] = tensor.byteCount
      end += tensor.byteCount
    }
    try file.reserve(end)
    try header.withUnsafeBytes { try file.write($0, at: 0) }
  }

  /// - Parameter offset: Where in the tensor the bytes belong.
  func write(_ name: String, _ bytes: UnsafeRawBufferPointer, at offset: Int = 0) throws {
    guard let place = places[name], let left = missing[name],
      place.lowerBound + offset + bytes.count <= place.upperBound
    else { preconditionFailure("\(name): \(bytes.count) bytes at \(offset) are outside of it") }
    try file.write(bytes, at: place.lowerBound + offset)
    missing[name] = left - bytes.count
  }

  /// Syncs the file and puts it into its place.
  ///
  /// - Throws: `ModelError.badTensor` for a tensor that was not written whole, `ModelError.unwritable`.
  func commit() throws {
    if let (name, left) = missing.first(where: { $0.value != 0 }) {
      throw ModelError.badTensor(file: url.path, tensor: name, reason: "\(left) of its bytes were not written")
    }
    try file.commit()
  }
}
