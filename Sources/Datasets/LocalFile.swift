import Foundation
import Store

/// A file to import, with its identity; standard input is copied beside first, because it can be read only once.
struct LocalFile {
  let path: String
  /// What the user calls it: its file name without the extension, or "standard-input".
  let name: String
  let uri: String
  let hash: String
  let size: Int
  let modified: Double?
  private let isTemporary: Bool

  /// - Throws: ``DatasetsError/cannotRead(path:reason:)``
  init(_ path: String) throws {
    isTemporary = path == "-"
    do {
      if isTemporary {
        self.path = try Self.copyOfStandardInput()
        name = "standard-input"
        uri = "-"
      } else {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        self.path = url.path
        name = url.deletingPathExtension().lastPathComponent
        uri = url.absoluteString
      }
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: self.path, isDirectory: &isFolder), isFolder.boolValue {
        throw DatasetsError.cannotRead(
          path: path, reason: "it is a folder; name the files in it, as in \(path)/*.jsonl")
      }
      let attributes = try FileManager.default.attributesOfItem(atPath: self.path)
      size = attributes[.size] as? Int ?? 0
      modified = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970
      hash = try ContentHash.ofFile(self.path)
    } catch let error as DatasetsError {
      throw error
    } catch {
      throw DatasetsError.cannotRead(path: path, reason: DatasetsError.reason(error))
    }
  }

  func removeIfTemporary() {
    if isTemporary { try? FileManager.default.removeItem(atPath: path) }
  }

  private static func copyOfStandardInput() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("import-\(UUID().uuidString).jsonl").path
    try Data().write(to: URL(fileURLWithPath: path))
    let copy = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? copy.close() }
    while let piece = try FileHandle.standardInput.read(upToCount: 1 << 18), !piece.isEmpty {
      try copy.write(contentsOf: piece)
    }
    return path
  }
}
