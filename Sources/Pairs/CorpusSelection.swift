import Store

/// The rules that look across documents: no question twice, no long answer under two names in two documents.
///
/// Documents are shown one after another, so memory holds keys and never texts. Of two equal questions the first
/// stays: the order in which documents are shown decides.
package struct CorpusSelection {
  /// Answers this long are compared across documents; short ones ("Yes.") may well be shared.
  package static let minimumComparedCharacters = 200

  private var prompts: Set<String> = []
  /// Answer to the group of documents that gave it first.
  private var answers: [String: String] = [:]

  package init() {}

  /// The candidates of the next document, repetitions marked as rejected.
  /// - Parameter group: equal for documents that repeat one another, and hence share a split.
  package mutating func checked(_ candidates: [PairCandidate], group: String) -> [PairCandidate] {
    candidates.map { candidate in
      var candidate = candidate
      candidate.rejection = candidate.rejection ?? rejection(of: candidate, group)
      return candidate
    }
  }

  private mutating func rejection(of candidate: PairCandidate, _ group: String) -> PairRejection? {
    guard prompts.insert(PromptNormalisation.key(candidate.prompt)).inserted else { return .duplicatePrompt }
    guard candidate.response.count >= Self.minimumComparedCharacters else { return nil }
    let answer = ContentHash.of(PromptNormalisation.key(candidate.response))
    let owner = answers[answer, default: group]
    answers[answer] = owner
    return owner == group ? nil : .duplicateAnswer
  }
}
