import Foundation
import Models

/// Files written by make_file_fixtures.py, and small helpers of the tests over files.
enum Files {
  static let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/files")

  static func inTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("models-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  /// Values of an entry; entries need not be aligned.
  static func values<T: BitwiseCopyable>(_ entry: SafetensorsEntry, as type: T.Type) -> [T] {
    stride(from: 0, to: entry.bytes.count, by: MemoryLayout<T>.size).map {
      entry.bytes.loadUnaligned(fromByteOffset: $0, as: type)
    }
  }

  /// A safetensors file with any header, right or wrong.
  static func safetensors(header: String, values: Int) -> Data {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8) + Data(count: values)
  }

  /// Writes tensors whose bytes count up from a start that differs for each.
  static func write(_ tensors: [SafetensorsTensor], toFolder folder: URL, maximumShardSize: Int) throws {
    try SafetensorsWriter.write(tensors, toFolder: folder, maximumShardSize: maximumShardSize) { tensor, sink in
      try pattern(tensor).withUnsafeBytes(sink)
    }
  }

  static func pattern(_ tensor: SafetensorsTensor) -> [UInt8] {
    let start = tensor.name.utf8.reduce(0) { $0 &* 31 &+ Int($1) }
    return (0..<tensor.byteCount).map { UInt8(truncatingIfNeeded: start &+ $0) }
  }

  static func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }
}
