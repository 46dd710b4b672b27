import Foundation

/// A tensor to be written: its values come when their turn comes.
public struct SafetensorsTensor: Sendable, Hashable {
  public var name: String
  public var type: SafetensorsType
  public var shape: [Int]

  public init(name: String, type: SafetensorsType = .float32, shape: [Int]) {
    self.name = name
    self.type = type
    self.shape = shape
  }

  public var byteCount: Int { shape.reduce(type.size, *) }
}

/// Writes safetensors files without ever holding more than the caller hands over at a time.
public enum SafetensorsWriter {
  /// Takes the next bytes of the tensor in turn.
  public typealias Sink = (UnsafeRawBufferPointer) throws -> Void
  /// Hands the values of one tensor to the sink, in one or more pieces.
  public typealias Values = (_ tensor: SafetensorsTensor, _ sink: Sink) throws -> Void

  /// Writes one file; a kill or a full disk leaves the file that was there before.
  ///
  /// - Throws: `ModelError.unwritable` with the system's reason, `ModelError.badTensor` if `values` gives too few or
  ///   too many bytes, and what `values` throws.
  public static func write(
    _ tensors: [SafetensorsTensor], to url: URL, metadata: [String: String] = ["format": "pt"], values: Values
  ) throws {
    try stage(tensors, to: url, metadata: metadata, values: values).commit()
  }

  /// Writes a model's folder: one file, or shards of at most `maximumShardSize` bytes and their index.
  ///
  /// Shards are all written before the first takes its place. A tensor larger than a shard gets one for itself.
  ///
  /// - Throws: as `write(_:to:metadata:values:)`.
  public static func write(
    _ tensors: [SafetensorsTensor], toFolder folder: URL, maximumShardSize: Int = 5_000_000_000, values: Values
  ) throws {
    let shards = shards(of: tensors, maximumSize: maximumShardSize)
    let single = folder.appendingPathComponent(SafetensorsFolder.fileName)
    let index = folder.appendingPathComponent(SafetensorsFolder.indexName)
    guard shards.count > 1 else {
      try write(tensors, to: single, values: values)
      try? FileManager.default.removeItem(at: index)
      removeShards(in: folder, but: [])
      return
    }
    let shardNames = shards.indices.map { number in
      "model-\(padded(number + 1))-of-\(padded(shards.count)).safetensors"
    }
    let staged = try zip(shards, shardNames).map { shard, name in
      try stage(shard, to: folder.appendingPathComponent(name), metadata: ["format": "pt"], values: values)
    }
    for file in staged { try file.commit() }
    var map: [String: String] = [:]
    for (shard, name) in zip(shards, shardNames) { for tensor in shard { map[tensor.name] = name } }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let total = tensors.reduce(0) { $0 + $1.byteCount }
    try AtomicFile.write(encoder.encode(Index(metadata: ["total_size": total], weightMap: map)), to: index)
    // Readers prefer the single file, so it goes last: until then they see the old model whole.
    try? FileManager.default.removeItem(at: single)
    removeShards(in: folder, but: Set(shardNames))
  }

  private struct Index: Encodable {
    var metadata: [String: Int]
    var weightMap: [String: String]
    enum CodingKeys: String, CodingKey {
      case metadata
      case weightMap = "weight_map"
    }
  }

  private static func stage(
    _ tensors: [SafetensorsTensor], to url: URL, metadata: [String: String], values: Values
  ) throws -> AtomicFile {
    let ordered = ordered(tensors)
    let file = try AtomicFile(url)
    try header(ordered, metadata: metadata).withUnsafeBytes { try file.write($0) }
    for tensor in ordered {
      try file.write(tensor, name: tensor.name, byteCount: tensor.byteCount, values: values)
    }
    try file.sync()
    return file
  }

  /// Wide types first, so that every tensor is aligned to its own element.
  static func ordered(_ tensors: [SafetensorsTensor]) -> [SafetensorsTensor] {
    tensors.sorted { ($1.type.size, $0.name) < ($0.type.size, $1.name) }
  }

  private struct Entry: Encodable {
    var dtype: String
    var shape: [Int]
    var offsets: [Int]
    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  /// Length and JSON, filled up with spaces so that the values begin at a multiple of eight bytes.
  static func header(_ tensors: [SafetensorsTensor], metadata: [String: String]) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var end = 0
    var members = ["\"__metadata__\":" + String(decoding: try encoder.encode(metadata), as: UTF8.self)]
    for tensor in tensors {
      let entry = Entry(dtype: tensor.type.rawValue, shape: tensor.shape, offsets: [end, end + tensor.byteCount])
      end += tensor.byteCount
      let pair = [tensor.name: entry]
      members.append(String(decoding: try encoder.encode(pair).dropFirst().dropLast(), as: UTF8.self))
    }
    var json = Data("{\(members.joined(separator: ","))}".utf8)
    json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json
  }

  private static func shards(of tensors: [SafetensorsTensor], maximumSize: Int) -> [[SafetensorsTensor]] {
    var shards: [[SafetensorsTensor]] = [[]]
    var size = 0
    for tensor in tensors {
      if size + tensor.byteCount > maximumSize && size > 0 {
        shards.append([])
        size = 0
      }
      shards[shards.count - 1].append(tensor)
      size += tensor.byteCount
    }
    return shards
  }

  private static func padded(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
  }

  private static func removeShards(in folder: URL, but kept: Set<String>) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where !kept.contains(name) && name.wholeMatch(of: /model-\d{5}-of-\d{5}\.safetensors/) != nil {
      try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
    }
  }
}
