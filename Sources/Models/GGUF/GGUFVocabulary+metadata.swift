import Tokenizers

extension GGUFVocabulary {
  /// The keys that llama.cpp's tokenizer reads.
  ///
  /// - Parameters: tokens that the model's configuration names, for a tokenizer that names none.
  func metadata(end: Int32?, begin: Int32?) -> [(key: String, value: GGUFValue)] {
    var all: [(key: String, value: GGUFValue)] = [
      ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string(preTokenizer)),
      ("tokenizer.ggml.tokens", .strings(tokens)), ("tokenizer.ggml.token_type", .int32s(kinds.map(\.rawValue))),
      ("tokenizer.ggml.merges", .strings(merges)),
    ]
    func id(_ name: String, _ value: Int32?) {
      if let value, value >= 0 { all.append(("tokenizer.ggml.\(name)_token_id", .uint32(UInt32(value)))) }
    }
    id("bos", beginningOfSequence ?? begin)
    id("eos", endOfSequence ?? end)
    id("padding", padding)
    if let endOfTurn, endOfTurn != endOfSequence ?? end { id("eot", endOfTurn) }
    all.append(("tokenizer.ggml.add_bos_token", .bool(addsBeginning)))
    all.append(("tokenizer.ggml.add_eos_token", .bool(addsEnd)))
    if let chatTemplate { all.append(("tokenizer.chat_template", .string(chatTemplate))) }
    return all
  }
}
