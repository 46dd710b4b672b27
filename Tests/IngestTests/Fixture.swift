import Foundation
import Ingest

/// Files that the tests read.
enum Fixture {
  static func bytes(_ name: String) throws -> [UInt8] {
    let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures")
    return [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  static func read(_ name: String) throws -> DocumentReader.Result {
    try DocumentReader.read(bytes(name), name: name)
  }

  /// The only document of a fixture.
  static func document(_ name: String) throws -> ExtractedDocument {
    let rows = try read(name).rows
    guard rows.count == 1, let document = rows[0].document else { throw IngestError.binary }
    return document
  }

  static func html(_ body: String) throws -> String {
    try HTMLExtractor.extract(Array("<html><body>\(body)</body></html>".utf8)).text
  }
}

/// A folder that goes away with the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "ingest-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }
}
