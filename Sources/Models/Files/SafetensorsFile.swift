import Foundation
import Tensors

/// A tensor of a safetensors file: its values stay in the mapped file.
public struct SafetensorsEntry {
  public let name: String
  public let type: SafetensorsType
  public let shape: [Int]
  /// The values, row-major and little-endian; valid as long as `owner` lives.
  public let bytes: UnsafeRawBufferPointer
  /// What keeps the mapping alive.
  public let owner: AnyObject
  /// The file that the tensor lies in, for messages.
  public let file: String

  /// Gives pages of the values back to the system; they are read from the file again when they are next touched.
  package func releasePages(of part: UnsafeRawBufferPointer? = nil) {
    (owner as? any PageSource)?.releasePages(of: part ?? bytes)
  }
}

/// Where tensors are found by name: one file or a folder of shards.
public protocol SafetensorsSource {
  /// All names, sorted.
  var names: [String] { get }
  /// - Throws: `ModelError.missingTensor`.
  func entry(_ name: String) throws -> SafetensorsEntry
}

/// A safetensors file, mapped into memory and checked when it is opened.
public final class SafetensorsFile: SafetensorsSource, Sendable {
  public let url: URL
  public let names: [String]
  private let header: SafetensorsHeader
  private let mapping: MappedFile

  /// - Throws: `ModelError` naming the file and what in it is damaged, with expected and actual bytes.
  public init(_ url: URL) throws {
    self.url = url
    mapping = try MappedFile(url)
    header = try SafetensorsHeader(mapping.bytes, file: url.path)
    names = header.entries.keys.sorted()
  }

  /// The free-form strings of the header, such as `format`.
  public var metadata: [String: String] { header.metadata }

  public func entry(_ name: String) throws -> SafetensorsEntry {
    guard let entry = header.entries[name] else { throw ModelError.missingTensor(file: url.path, tensor: name) }
    let start = header.dataStart + entry.range.lowerBound
    return SafetensorsEntry(
      name: name, type: entry.type, shape: entry.shape,
      bytes: UnsafeRawBufferPointer(rebasing: mapping.bytes[start..<start + entry.range.count]),
      owner: mapping, file: url.path)
  }
}

/// The weights of a model's folder: `model.safetensors`, or the shards that `model.safetensors.index.json` lists.
public final class SafetensorsFolder: SafetensorsSource, Sendable {
  static let fileName = "model.safetensors"
  static let indexName = "model.safetensors.index.json"

  public let url: URL
  public let names: [String]
  private let files: [String: SafetensorsFile]
  private let weightMap: [String: String]

  /// Opens and checks every file.
  ///
  /// - Throws: `ModelError` naming the file that is missing or damaged, or the tensor that its shard lacks.
  public init(_ folder: URL) throws {
    url = folder
    let single = folder.appendingPathComponent(Self.fileName)
    let index = folder.appendingPathComponent(Self.indexName)
    if FileManager.default.fileExists(atPath: single.path) {
      let file = try SafetensorsFile(single)
      files = [Self.fileName: file]
      weightMap = Dictionary(uniqueKeysWithValues: file.names.map { ($0, Self.fileName) })
    } else if FileManager.default.fileExists(atPath: index.path) {
      weightMap = try Self.weightMap(index)
      var files: [String: SafetensorsFile] = [:]
      for name in Set(weightMap.values) { files[name] = try SafetensorsFile(folder.appendingPathComponent(name)) }
      for (tensor, name) in weightMap.sorted(by: { $0.key < $1.key }) { _ = try files[name]?.entry(tensor) }
      self.files = files
    } else {
      throw Self.noWeights(in: folder)
    }
    names = weightMap.keys.sorted()
  }

  public func entry(_ name: String) throws -> SafetensorsEntry {
    guard let file = weightMap[name].flatMap({ files[$0] }) else {
      throw ModelError.missingTensor(file: url.path, tensor: name)
    }
    return try file.entry(name)
  }

  private struct Index: Decodable {
    var weightMap: [String: String]
    enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
  }

  private static func weightMap(_ url: URL) throws -> [String: String] {
    let map: [String: String]
    do {
      map = try JSONDecoder().decode(Index.self, from: Data(contentsOf: url)).weightMap
    } catch {
      throw ModelError.malformed(file: url.path, reason: "it is not JSON with a weight_map")
    }
    // A shard lies beside its index; a name with a folder in it would reach outside.
    if let name = map.values.first(where: { $0.contains("/") }) {
      throw ModelError.malformed(file: url.path, reason: "its weight_map names \(name), which is not a file beside it")
    }
    return map
  }

  private static func noWeights(in folder: URL) -> ModelError {
    let hasPickle = FileManager.default.fileExists(atPath: folder.appendingPathComponent("pytorch_model.bin").path)
    return .unreadable(
      file: folder.appendingPathComponent(fileName).path,
      reason: "there is no such file, and no \(indexName)"
        + (hasPickle ? "; pytorch_model.bin is not read: save the model as safetensors" : ""))
  }
}
