import Foundation
import Tokenizers

/// Files written by make_fixtures.py.
enum Fixtures {
  static let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures")

  static func decode<T: Decodable>(_ type: T.Type, _ path: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(path)))
  }

  /// The tokenizer of the chat fixtures with the chat template of one of them.
  static func chatTokenizer(_ name: String) throws -> Tokenizer {
    try inTemporaryFolder { temporary in
      let chat = folder.appendingPathComponent("chat")
      try copy(chat.appendingPathComponent("tokenizer.json"), into: temporary)
      for file in ["chat_template.jinja", "tokenizer_config.json"] {
        try copy(chat.appendingPathComponent("\(name)/\(file)"), into: temporary)
      }
      return try Tokenizer(folder: temporary)
    }
  }

  static func copy(_ file: URL, into folder: URL) throws {
    try FileManager.default.copyItem(at: file, to: folder.appendingPathComponent(file.lastPathComponent))
  }

  static func inTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tokenizers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}
