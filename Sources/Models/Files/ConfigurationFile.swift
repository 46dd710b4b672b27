import Foundation
import Tokenizers

/// A JSON file of settings, read key by key with errors that name file, key and value.
struct ConfigurationFile {
  let path: String
  private let members: [String: JSONValue]

  /// - Throws: `ModelError` if the file is missing or is not a JSON object.
  init(_ url: URL) throws {
    path = url.path
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      let isMissing = !FileManager.default.fileExists(atPath: url.path)
      throw ModelError.unreadable(
        file: path, reason: isMissing ? "there is no such file" : (error as NSError).localizedDescription)
    }
    guard case .object(let members)? = try? JSONDecoder().decode(JSONValue.self, from: data) else {
      throw ModelError.malformed(file: path, reason: "it is not a JSON object")
    }
    self.members = members
  }

  init(path: String, members: [String: JSONValue]) {
    self.path = path
    self.members = members
  }

  /// The value of a key; nil if it is absent or null.
  subscript(key: String) -> JSONValue? { members[key] == .null ? nil : members[key] }

  func integer(_ key: String) throws -> Int? { try value(key, "an integer") { $0.integer } }
  func number(_ key: String) throws -> Double? { try value(key, "a number") { $0.number } }
  func bool(_ key: String) throws -> Bool? { try value(key, "true or false") { $0.bool } }
  func string(_ key: String) throws -> String? { try value(key, "a string") { $0.string } }
  func strings(_ key: String) throws -> [String]? {
    try value(key, "a list of strings") { list in
      list.array.flatMap { values in
        let strings = values.compactMap(\.string)
        return strings.count == values.count ? strings : nil
      }
    }
  }
  /// One integer or a list of them.
  func integers(_ key: String) throws -> [Int]? {
    try value(key, "an integer or a list of integers") { value in
      let values = value.array ?? [value]
      let integers = values.compactMap(\.integer)
      return integers.count == values.count ? integers : nil
    }
  }
  /// The members of an object by name.
  func object(_ key: String) throws -> [String: JSONValue]? {
    try value(key, "an object") { if case .object(let members) = $0 { members } else { nil } }
  }

  /// A key that must be there.
  func required(_ key: String) throws -> Int {
    guard let value = try integer(key) else { throw ModelError.malformed(file: path, reason: "\(key) is missing") }
    return value
  }

  private func value<T>(_ key: String, _ kind: String, _ read: (JSONValue) -> T?) throws -> T? {
    guard let value = self[key] else { return nil }
    guard let result = read(value) else {
      throw ModelError.malformed(file: path, reason: "\(key) is \(Self.text(value)), expected \(kind)")
    }
    return result
  }

  static func text(_ value: JSONValue) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "unreadable"
  }

  /// Writes settings as transformers does: sorted, two spaces, a newline at the end.
  static func write(_ members: [String: JSONValue], to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // JSONValue holds only what JSON can say.
    guard let data = try? encoder.encode(members) else {
      throw ModelError.unwritable(file: url.path, reason: "a number in it is not finite")
    }
    try AtomicFile.write(data + Data("\n".utf8), to: url)
  }
}
