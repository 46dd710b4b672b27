/// A tokenizer as llama.cpp's GGUF files describe one.
package struct GGUFVocabulary: Sendable {
  /// What a token is; raw values are llama.cpp's.
  package enum Kind: Int32, Sendable {
    case normal = 1
    /// Special: never part of the text.
    case control = 3
    /// Found in the text as it stands, and part of it.
    case userDefined = 4
    /// A row of the embedding that no token has.
    case unused = 5
  }

  /// By id; byte-level tokens in GPT-2's alphabet, added ones as they are.
  package var tokens: [String]
  package var kinds: [Kind]
  /// `left right`, the first merged first.
  package var merges: [String]
  /// llama.cpp's name for how text is cut into words.
  package var preTokenizer: String
  package var beginningOfSequence: Int32?
  package var endOfSequence: Int32?
  package var endOfTurn: Int32?
  package var padding: Int32?
  /// Whether texts begin with the token for that.
  package var addsBeginning: Bool
  package var addsEnd: Bool
  /// The Jinja text of the chat template; nil where the model came with none.
  package var chatTemplate: String?
}

extension Tokenizer {
  /// The tokenizer in llama.cpp's terms.
  ///
  /// Source: `get_vocab_base` and `get_vocab_base_pre` of convert_hf_to_gguf.py, the patterns in llama-vocab.cpp.
  /// - Parameters:
  ///   - size: rows of the embedding; ids without a token are filled up.
  ///   - file: what is being written, for errors.
  /// - Throws: `TokenizerError` for one that llama.cpp would read otherwise, or with more tokens than rows.
  package func ggufVocabulary(size: Int, file: String) throws -> GGUFVocabulary {
    guard tokens.count <= size else {
      throw TokenizerError.inconsistent(
        file: file, reason: "the tokenizer has \(tokens.count) tokens, the model's embedding \(size) rows")
    }
    let added = Dictionary(definition.addedTokens.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    var names: [String] = []
    var kinds: [GGUFVocabulary.Kind] = []
    for id in 0..<size {
      let token = id < tokens.count ? tokens[id] : nil
      names.append(token ?? "[PAD\(id)]")
      kinds.append(
        token == nil ? .unused : added[Int32(id)].map { $0.special ? .control : .userDefined } ?? .normal)
    }
    let start = beginningOfSequence ?? postProcessor.prefix.first
    let end = endOfSequence ?? postProcessor.suffix.first
    guard postProcessor.prefix.allSatisfy({ $0 == start }), postProcessor.prefix.count < 2,
      postProcessor.suffix.allSatisfy({ $0 == end }), postProcessor.suffix.count < 2
    else {
      throw unsupported(file, "a post_processor that adds other tokens than one begin and one end token")
    }
    return GGUFVocabulary(
      tokens: names, kinds: kinds, merges: definition.merges.map { "\($0.left) \($0.right)" },
      preTokenizer: try ggufPreTokenizer(file: file), beginningOfSequence: start, endOfSequence: end,
      endOfTurn: endOfTurn, padding: padding, addsBeginning: !postProcessor.prefix.isEmpty,
      addsEnd: !postProcessor.suffix.isEmpty,
      chatTemplate: chatTemplate.endToken.isEmpty ? nil : Self.withoutGenerationTags(chatTemplate.source))
  }

  /// A template whose `{% generation %}`, which only training reads and many readers of Jinja do not know, became a
  /// condition that always holds; what it writes is the same.
  private static func withoutGenerationTags(_ source: String) -> String {
    source.replacing(/{%(-?)\s*(end)?generation\s*(-?)%}/) { match in
      let (before, after) = (match.output.1, match.output.3)
      return match.output.2 == nil ? "{%\(before) if true \(after)%}" : "{%\(before) endif \(after)%}"
    }
  }

  private func unsupported(_ file: String, _ feature: String) -> TokenizerError {
    .unsupported(
      file: file, feature: "\(feature), in a GGUF file,",
      supported: "byte-level BPE cut as GPT-2, SmolLM, Llama 3 and Qwen 2 do it")
  }

  /// llama.cpp's name for the way in which this tokenizer cuts text.
  private func ggufPreTokenizer(file: String) throws -> String {
    // llama.cpp normalises nothing; composed text, which nearly all text is, stays the same under NFC.
    guard [.none, .canonical(composed: true), .sequence([.canonical(composed: true)])].contains(normalizer) else {
      throw unsupported(file, "the normalizer \(definition.normalizer?.type ?? "")")
    }
    let contractions = ["(?i:'s|'t|'re|'ve|'m|'ll|'d)", "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"]
    func pattern(_ digits: String) -> [String] {
      contractions.map {
        $0 + #"|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
      }
    }
    switch try ggufStages(definition.preTokenizer ?? .null, file: file) {
    case [PreTokenizer.gpt2Pattern] where !definition.ignoresMerges: return "gpt-2"
    case [#"\p{N}"#, PreTokenizer.gpt2Pattern] where !definition.ignoresMerges: return "smollm"
    case let stages where stages.count == 1 && pattern(#"\p{N}{1,3}"#).contains(stages[0]):
      return definition.ignoresMerges ? "llama-bpe" : "smaug-bpe"
    case let stages where stages.count == 1 && pattern(#"\p{N}"#).contains(stages[0]) && !definition.ignoresMerges:
      return "qwen2"
    default: throw unsupported(file, "this pre_tokenizer" + (definition.ignoresMerges ? " with ignore_merges" : ""))
    }
  }

  /// The patterns that text is cut by, in turn.
  private func ggufStages(_ json: JSONValue, file: String) throws -> [String] {
    switch json.type {
    case "Sequence": return try (json["pretokenizers"]?.array ?? []).flatMap { try ggufStages($0, file: file) }
    case "ByteLevel":
      if json["add_prefix_space"]?.bool ?? true { throw unsupported(file, "add_prefix_space") }
      return json["use_regex"]?.bool ?? true ? [PreTokenizer.gpt2Pattern] : []
    case "Digits": return [json["individual_digits"]?.bool ?? false ? #"\p{N}"# : #"\p{N}+"#]
    case "Split":
      guard let regex = json["pattern"]?["Regex"]?.string, json["behavior"]?.string == "Isolated" else {
        throw unsupported(file, "this Split pre_tokenizer")
      }
      return [regex]
    default: throw unsupported(file, "the pre_tokenizer \(json.type)")
    }
  }
}
