import Foundation
import Synchronization

/// Text to token ids and back: byte-level BPE as Hugging Face's tokenizer.json describes it. Safe to share.
public final class Tokenizer: Sendable {
  let definition: TokenizerDefinition
  let settings: TokenizerSettings
  let normalizer: Normalizer
  let preTokenizer: PreTokenizer
  let postProcessor: PostProcessor
  let model: BytePairModel
  let rawMatcher: AddedTokenMatcher
  let normalizedMatcher: AddedTokenMatcher
  let tokens: [String?]
  let tokenBytes: [[UInt8]]
  let specialIDs: Set<Int32>
  private let ids: [String: Int32]
  private let scratches = Mutex<[Scratch]>([])

  /// How conversations are written for this model.
  public let chatTemplate: ChatTemplate
  /// A hash of all that decides ids: vocabulary, merges, added tokens, how text is cut. 32 hexadecimal digits.
  public var fingerprint: String {
    cachedFingerprint.withLock { cached in
      let value = cached ?? definition.fingerprint
      cached = value
      return value
    }
  }
  private let cachedFingerprint = Mutex<String?>(nil)

  /// Opens a folder with a tokenizer.json and, where they are there, the files that come with it.
  ///
  /// tokenizer_config.json, special_tokens_map.json and generation_config.json name the special tokens;
  /// chat_template.jinja (or `chat_template` of tokenizer_config.json) the chat template.
  ///
  /// - Throws: `TokenizerError` naming the file and what in it is wrong or not supported.
  public convenience init(folder: URL) throws {
    let file = folder.appendingPathComponent("tokenizer.json")
    let definition = try TokenizerDefinition(contentsOf: file)
    try self.init(definition, settings: TokenizerSettings(folder: folder), file: file.path)
  }

  init(_ definition: TokenizerDefinition, settings: TokenizerSettings, file: String) throws {
    var ids = definition.vocabulary
    for token in definition.addedTokens { ids[token.content] = token.id }
    let highest = ids.values.max() ?? -1
    guard ids.values.allSatisfy({ $0 >= 0 }) else {
      throw TokenizerError.inconsistent(file: file, reason: "a token has a negative id")
    }
    var tokens = [String?](repeating: nil, count: Int(highest) + 1)
    for (token, id) in ids { tokens[Int(id)] = token }

    self.definition = definition
    self.settings = settings
    self.ids = ids
    self.tokens = tokens
    tokenBytes = tokens.map { token in token.map { ByteAlphabet.bytes(of: $0) ?? Array($0.utf8) } ?? [] }
    specialIDs = Set(definition.addedTokens.filter(\.special).map(\.id))
    let normalizer = try Normalizer(definition.normalizer, file: file)
    self.normalizer = normalizer
    preTokenizer = try PreTokenizer(definition.preTokenizer, file: file)
    postProcessor = try PostProcessor(definition.postProcessor, file: file)
    guard definition.decoder?.type == "ByteLevel" else {
      throw TokenizerError.unsupported(
        file: file, feature: "the decoder \(definition.decoder?.type ?? "null")", supported: "ByteLevel")
    }
    rawMatcher = AddedTokenMatcher(definition.addedTokens.filter { !$0.normalized }.map { ($0.content, $0) })
    normalizedMatcher = AddedTokenMatcher(
      definition.addedTokens.filter(\.normalized).map { (normalizer.normalize($0.content), $0) })
    model = try Self.model(definition, file: file)
    chatTemplate = try settings.template(hasChatMLTokens: ids["<|im_start|>"] != nil && ids["<|im_end|>"] != nil)
  }

  private static func model(_ definition: TokenizerDefinition, file: String) throws -> BytePairModel {
    let vocabulary = definition.vocabulary
    let merges = try definition.merges.map { left, right in
      guard let a = vocabulary[left], let b = vocabulary[right], let merged = vocabulary[left + right] else {
        let missing = [left, right, left + right].first { vocabulary[$0] == nil } ?? ""
        throw TokenizerError.inconsistent(
          file: file,
          reason: "the merge \"\(left) \(right)\" needs the token \"\(missing)\", which is not in the vocabulary")
      }
      return (left: a, right: b, merged: merged)
    }
    var wholeWords: [ArraySlice<UInt8>: Int32]?
    if definition.ignoresMerges {
      wholeWords = [:]
      for (token, id) in vocabulary { if let bytes = ByteAlphabet.bytes(of: token) { wholeWords?[bytes[...]] = id } }
    }
    return BytePairModel(
      byteTokens: ByteAlphabet.characters.map { vocabulary[String($0)] ?? -1 }, merges: merges, wholeWords: wholeWords)
  }

  /// The highest id + 1.
  public var vocabularySize: Int { tokens.count }
  /// The id of a token as the vocabulary spells it (`Ġthe`, `<|im_end|>`).
  public func id(of token: String) -> Int32? { ids[token] }
  /// The token of an id, as the vocabulary spells it.
  public func token(_ id: Int32) -> String? { tokens.indices.contains(Int(id)) ? tokens[Int(id)] : nil }
  /// Whether an id is that of a special token.
  public func isSpecial(_ id: Int32) -> Bool { specialIDs.contains(id) }

  /// The token that ends a text.
  public var endOfSequence: Int32? {
    settings.endToken.flatMap { ids[$0] } ?? settings.generationEnds.first
  }
  /// The token that begins a text, where the model has one.
  public var beginningOfSequence: Int32? {
    settings.beginToken.flatMap { ids[$0] } ?? settings.generationBegin
  }
  /// The token that fills up rows.
  public var padding: Int32? { settings.paddingToken.flatMap { ids[$0] } ?? settings.generationPadding }
  /// The token that ends what the assistant says, by the chat template.
  public var endOfTurn: Int32? { ids[chatTemplate.endToken] }
  /// Every token at which a generated answer is over.
  public var stopTokens: Set<Int32> {
    Set(settings.generationEnds + [endOfSequence, endOfTurn].compactMap { $0 })
  }

  /// What one encoding needs; kept for the next one.
  final class Scratch: @unchecked Sendable {
    let pieces = PreTokenizer.Scratch()
    let words = BytePairModel.Scratch()
  }

  /// Lends a scratch to `body`: each thread has its own, and their number is that of threads at work at one time.
  func withScratch<Result>(_ body: (Scratch) -> Result) -> Result {
    let scratch = scratches.withLock { $0.popLast() } ?? Scratch()
    defer { scratches.withLock { $0.append(scratch) } }
    return body(scratch)
  }

  static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "it lacks \"\(key.stringValue)\""
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)"
    case DecodingError.dataCorrupted(let context): "it is not valid JSON (\(context.debugDescription))"
    case let error as CocoaError where error.code == .fileReadNoSuchFile: "there is no such file"
    default: (error as NSError).localizedDescription
    }
  }
}
