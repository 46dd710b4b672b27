import Foundation

extension Tokenizer {
  /// Writes tokenizer.json, tokenizer_config.json, special_tokens_map.json and chat_template.jinja, as transformers
  /// and tokenizers read them.
  ///
  /// - Throws: `TokenizerError.unwritable` naming the file.
  public func save(to folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw TokenizerError.unwritable(file: folder.path, reason: Self.reason(error))
    }
    try Self.write(definition.json, to: folder.appendingPathComponent("tokenizer.json"))

    var names: [String: JSONValue] = [:]
    names["bos_token"] = settings.beginToken.map(JSONValue.string)
    names["eos_token"] = settings.endToken.map(JSONValue.string)
    names["pad_token"] = settings.paddingToken.map(JSONValue.string)
    try Self.write(Self.pretty(names), to: folder.appendingPathComponent("special_tokens_map.json"))

    var configuration = settings.configuration
    configuration.merge(names) { $1 }
    configuration["chat_template"] = nil
    if configuration["tokenizer_class"] == nil { configuration["tokenizer_class"] = .string("PreTrainedTokenizerFast") }
    if configuration["clean_up_tokenization_spaces"] == nil {
      configuration["clean_up_tokenization_spaces"] = .bool(false)
    }
    try Self.write(Self.pretty(configuration), to: folder.appendingPathComponent("tokenizer_config.json"))
    if !chatTemplate.endToken.isEmpty {
      try Self.write(Data(chatTemplate.source.utf8), to: folder.appendingPathComponent("chat_template.jinja"))
    }
  }

  private static func pretty(_ object: [String: JSONValue]) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(object)
  }

  private static func write(_ data: @autoclosure () throws -> Data, to file: URL) throws {
    do {
      try data().write(to: file, options: .atomic)
    } catch {
      throw TokenizerError.unwritable(file: file.path, reason: reason(error))
    }
  }
}

extension TokenizerDefinition {
  /// tokenizer.json, with the vocabulary in the order of ids; written by hand, since key order is for the reader.
  var json: Data {
    var text = "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n"
    text += "  \"added_tokens\": \(Self.compact(addedTokens.sorted { $0.id < $1.id })),\n"
    for (name, value) in [
      ("normalizer", normalizer), ("pre_tokenizer", preTokenizer), ("post_processor", postProcessor),
      ("decoder", decoder),
    ] {
      text += "  \"\(name)\": \(Self.compact(value ?? .null)),\n"
    }
    text += "  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": null,\n"
    text += "    \"continuing_subword_prefix\": null,\n    \"end_of_word_suffix\": null,\n"
    text += "    \"fuse_unk\": false,\n    \"byte_fallback\": false,\n    \"ignore_merges\": \(ignoresMerges),\n"
    text += "    \"vocab\": {"
    text += vocabulary.sorted { $0.value < $1.value }
      .map { "\n      \(Self.quoted($0.key)): \($0.value)" }.joined(separator: ",")
    text += "\n    },\n    \"merges\": ["
    text += merges.map { "\n      [\(Self.quoted($0.left)), \(Self.quoted($0.right))]" }.joined(separator: ",")
    text += "\n    ]\n  }\n}\n"
    return Data(text.utf8)
  }

  private static func compact(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // JSONValue and AddedToken hold only what JSON can say.
    return String(decoding: (try? encoder.encode(value)) ?? Data("null".utf8), as: UTF8.self)
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// FNV-1a, 128 bits, over all that decides ids, in an order that does not depend on how the file was laid out.
  var fingerprint: String {
    var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
    func add(_ text: String) {
      for byte in text.utf8 { hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
      // 0xFF is in no UTF-8 text, so that "a", "bc" and "ab", "c" differ.
      hash = (hash ^ 0xFF) &* 0x0000_0000_0100_0000_0000_0000_0000_013B
    }
    for (token, id) in vocabulary.sorted(by: { $0.value < $1.value }) { add("\(id) \(token)") }
    for merge in merges {
      add(merge.left)
      add(merge.right)
    }
    add(Self.compact(addedTokens.sorted { $0.id < $1.id }))
    for part in [normalizer, preTokenizer, postProcessor] { add(Self.compact(part ?? .null)) }
    add(ignoresMerges ? "ignore_merges" : "")
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }
}
