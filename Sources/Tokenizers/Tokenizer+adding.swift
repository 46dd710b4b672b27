extension Tokenizer {
  /// The same tokenizer with new tokens, which are found in text as they stand; their ids follow the highest.
  ///
  /// - Throws: `TokenizerError.inconsistent` for an empty token or one that is there already.
  public func adding(_ tokens: [String]) throws -> Tokenizer {
    var grown = definition
    var next = Int32(vocabularySize)
    for token in tokens {
      guard !token.isEmpty, id(of: token) == nil, !grown.addedTokens.contains(where: { $0.content == token }) else {
        throw TokenizerError.inconsistent(
          file: "add_tokens", reason: token.isEmpty ? "a token is empty" : "the token \(token) is there already")
      }
      grown.addedTokens.append(AddedToken(id: next, content: token, special: false))
      next += 1
    }
    return try Tokenizer(grown, settings: settings, file: "add_tokens")
  }
}
