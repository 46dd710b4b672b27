/// What every pair must satisfy, each failure with its reason.
enum PairChecks {
  static func rejection(of candidate: PairCandidate, _ parameters: MiningParameters) -> PairRejection? {
    let answer = candidate.response.trimmingBlankEnds()
    let isBounded = candidate.rule == .section
    if answer.isEmpty { return .emptyAnswer }
    if candidate.prompt.count > parameters.maximumPromptCharacters { return .promptTooLong }
    if PromptNormalisation.key(answer) == PromptNormalisation.key(candidate.prompt) { return .promptEqualsAnswer }
    if isOnlyLinks(answer) { return .answerOnlyLinks }
    if isBounded, weight(of: answer) < parameters.minimumSectionCharacters { return .answerTooShort }
    let limit = isBounded ? parameters.maximumSectionCharacters : parameters.maximumAnswerCharacters
    return answer.count > limit ? .answerTooLong : nil
  }

  /// Characters, a Chinese one counting as three: it says about as much as three Latin letters.
  private static func weight(of answer: String) -> Int {
    answer.count + 2 * answer.unicodeScalars.count { $0.isHan }
  }

  /// Whether nothing but addresses and link texts is left of an answer.
  static func isOnlyLinks(_ answer: String) -> Bool {
    var foundLink = false
    let rest = answer.replacing(#/!?\[[^\]]*\]\([^)]*\)|<[a-z]+:[^>\s]+>|(?:https?|ftp|mailto):[^\s)>\]]+/#) { _ in
      foundLink = true
      return ""
    }
    return foundLink && !rest.unicodeScalars.contains { $0.properties.isAlphabetic }
  }
}
