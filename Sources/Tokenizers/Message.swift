/// One turn of a conversation.
public struct Message: Codable, Sendable, Hashable {
  /// Who speaks: `system`, `user` or `assistant`.
  public var role: String
  /// What is said.
  public var content: String

  public init(role: String, content: String) {
    self.role = role
    self.content = content
  }
}

/// A conversation as token ids.
public struct EncodedConversation: Sendable, Hashable {
  /// The ids of the whole conversation.
  public var tokens: [Int32]
  /// For each token whether the assistant says it, so that it is to be learned. The end token counts as said; the
  /// newline after it only where the template's own `{% generation %}` block says so.
  public var isTarget: [Bool]

  public init(tokens: [Int32], isTarget: [Bool]) {
    self.tokens = tokens
    self.isTarget = isTarget
  }
}

extension Tokenizer {
  /// The token ids of a conversation, written as the chat template writes it.
  ///
  /// What the assistant says is encoded apart from what precedes it, so that an encoded prompt (with
  /// `addGenerationPrompt`) is always a prefix of the encoded prompt and answer. This gives the ids that transformers'
  /// `apply_chat_template` gives, but where an answer begins with whitespace that a word pattern would join to the
  /// header's newline. No token is added beyond what the template writes: there is never a second BOS.
  public func encode(conversation: [Message], addGenerationPrompt: Bool = false) -> EncodedConversation {
    var result = EncodedConversation(tokens: [], isTarget: [])
    for segment in chatTemplate.render(conversation, addGenerationPrompt: addGenerationPrompt) {
      let tokens = encode(segment.text)
      result.tokens += tokens
      result.isTarget += repeatElement(segment.isTarget, count: tokens.count)
    }
    return result
  }
}
