import Foundation

/// What tokenizer.json says, as far as it decides ids.
struct TokenizerDefinition: Sendable {
  var vocabulary: [String: Int32]
  var merges: [(left: String, right: String)]
  var addedTokens: [AddedToken]
  var ignoresMerges = false
  var normalizer: JSONValue?
  var preTokenizer: JSONValue?
  var postProcessor: JSONValue?
  var decoder: JSONValue?
}

extension TokenizerDefinition {
  /// Reads a tokenizer.json.
  ///
  /// - Throws: `TokenizerError`, naming the file, if it is unreadable or asks for more than byte-level BPE.
  init(contentsOf url: URL) throws {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw TokenizerError.unreadable(file: url.path, reason: Tokenizer.reason(error))
    }
    do {
      // The type comes first, since other types have another shape of vocabulary.
      let kind = try JSONDecoder().decode(Kind.self, from: data)
      if let type = kind.model.type, type != "BPE" {
        throw TokenizerError.unsupported(file: url.path, feature: "the model type \(type)", supported: "BPE")
      }
      let file = try JSONDecoder().decode(File.self, from: data)
      try Self.refuseUnsupported(file.model, file: url.path)
      self.init(file)
    } catch let error as DecodingError {
      throw TokenizerError.unreadable(file: url.path, reason: Tokenizer.reason(error))
    }
  }

  private init(_ file: File) {
    vocabulary = file.model.vocab
    merges = file.model.merges.pairs
    addedTokens = file.addedTokens ?? []
    ignoresMerges = file.model.ignoreMerges ?? false
    normalizer = file.normalizer
    preTokenizer = file.preTokenizer
    postProcessor = file.postProcessor
    decoder = file.decoder
  }

  private static func refuseUnsupported(_ model: Model, file: String) throws {
    let features: [(Bool, String)] = [
      (model.byteFallback ?? false, "byte_fallback (a SentencePiece vocabulary)"),
      ((model.dropout ?? 0) != 0, "BPE dropout"),
      (!(model.continuingSubwordPrefix ?? "").isEmpty, "continuing_subword_prefix"),
      (!(model.endOfWordSuffix ?? "").isEmpty, "end_of_word_suffix"),
    ]
    for (isAsked, feature) in features where isAsked {
      throw TokenizerError.unsupported(
        file: file, feature: feature, supported: "byte-level BPE, as GPT-2, Llama 3, Qwen and SmolLM have it")
    }
  }

  private struct Kind: Decodable {
    struct Model: Decodable {
      var type: String?
    }
    var model: Model
  }

  private struct File: Decodable {
    var addedTokens: [AddedToken]?
    var normalizer: JSONValue?
    var preTokenizer: JSONValue?
    var postProcessor: JSONValue?
    var decoder: JSONValue?
    var model: Model

    enum CodingKeys: String, CodingKey {
      case normalizer, decoder, model
      case addedTokens = "added_tokens"
      case preTokenizer = "pre_tokenizer"
      case postProcessor = "post_processor"
    }
  }

  private struct Model: Decodable {
    var vocab: [String: Int32]
    var merges: Merges
    var dropout: Double?
    var byteFallback: Bool?
    var continuingSubwordPrefix: String?
    var endOfWordSuffix: String?
    var ignoreMerges: Bool?

    enum CodingKeys: String, CodingKey {
      case vocab, merges, dropout
      case byteFallback = "byte_fallback"
      case continuingSubwordPrefix = "continuing_subword_prefix"
      case endOfWordSuffix = "end_of_word_suffix"
      case ignoreMerges = "ignore_merges"
    }
  }

  /// Merges are `["a b", …]` in older files and `[["a", "b"], …]` in newer ones.
  private struct Merges: Decodable {
    var pairs: [(left: String, right: String)]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let lines = try? container.decode([String].self) {
        pairs = lines.filter { !$0.hasPrefix("#version") }.map { line in
          let space = line.firstIndex(of: " ") ?? line.endIndex
          return (String(line[..<space]), String(line[space...].dropFirst()))
        }
      } else {
        pairs = try container.decode([[String]].self).map { pair in
          guard pair.count == 2 else {
            throw DecodingError.dataCorruptedError(
              in: container, debugDescription: "a merge has \(pair.count) parts, expected 2")
          }
          return (pair[0], pair[1])
        }
      }
    }
  }
}
