import Foundation

/// What the files beside tokenizer.json say: the special tokens' names and the chat template.
struct TokenizerSettings: Sendable {
  var beginToken: String?
  var endToken: String?
  var paddingToken: String?
  var generationBegin: Int32?
  var generationEnds: [Int32] = []
  var generationPadding: Int32?
  var templateSource: String?
  var templateFile = "chat_template.jinja"
  /// tokenizer_config.json as it was found, so that saving keeps what is not understood here.
  var configuration: [String: JSONValue] = [:]

  init() {}

  /// - Throws: `TokenizerError.unreadable` naming a file that is there but is not JSON.
  init(folder: URL) throws {
    let configurationFile = folder.appendingPathComponent("tokenizer_config.json")
    let configuration = try Self.object(configurationFile)
    let names = try Self.object(folder.appendingPathComponent("special_tokens_map.json"))
    let generation = try Self.object(folder.appendingPathComponent("generation_config.json"))
    if case .object(let members) = configuration { self.configuration = members }

    func name(_ key: String) -> String? {
      [configuration, names].lazy.compactMap { $0?[key]?.string ?? $0?[key]?["content"]?.string }.first
    }
    beginToken = name("bos_token")
    endToken = name("eos_token")
    paddingToken = name("pad_token")
    func ids(_ key: String) -> [Int32] {
      let value = generation?[key]
      return (value?.array ?? [value].compactMap { $0 }).compactMap { $0.integer.map(Int32.init) }
    }
    generationBegin = ids("bos_token_id").first
    generationEnds = ids("eos_token_id")
    generationPadding = ids("pad_token_id").first

    let templateFile = folder.appendingPathComponent("chat_template.jinja")
    self.templateFile = templateFile.path
    if FileManager.default.fileExists(atPath: templateFile.path) {
      do {
        templateSource = try String(contentsOf: templateFile, encoding: .utf8)
      } catch {
        throw TokenizerError.unreadable(file: templateFile.path, reason: Tokenizer.reason(error))
      }
    } else if let template = configuration?["chat_template"] {
      self.templateFile = configurationFile.path
      templateSource =
        template.string
        ?? template.array?.first { $0["name"]?.string == "default" }?["template"]?.string
    }
  }

  /// The chat template; one chosen for the model if its folder has none.
  func template(hasChatMLTokens: Bool) throws -> ChatTemplate {
    if let templateSource {
      return try ChatTemplate(
        recognising: templateSource, file: templateFile, beginToken: beginToken, endToken: endToken)
    }
    if hasChatMLTokens { return .chatML }
    return .zephyr(endToken: endToken ?? "")
  }

  private static func object(_ url: URL) throws -> JSONValue? {
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    do {
      return try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: url))
    } catch {
      throw TokenizerError.unreadable(file: url.path, reason: Tokenizer.reason(error))
    }
  }
}
