/// What one sequence may say next, and how often that was right.
struct Drafter {
  private var index: NGramIndex
  private let promptCount: Int
  private var match: NGramIndex.Match?
  /// Share of right tokens after a match of each length: two common words say less than a quotation.
  private var rates = [Double](repeating: 0.5, count: NGramIndex.lengths.upperBound + 1)
  /// Weight of one token in a share.
  private static let pace = 0.125

  init(prompt: [Int32]) {
    index = NGramIndex(prompt)
    promptCount = prompt.count
  }

  /// Looks for what the text so far ends with.
  /// - Returns: the chance that a token is what followed there; 0 where nothing is found.
  mutating func look(after said: [Int32]) -> Double {
    index.append(contentsOf: said[(index.tokens.count - promptCount)...])
    match = index.match()
    return match.map { rates[$0.length] } ?? 0
  }

  func draft(_ count: Int) -> [Int32] { match.map { index.continuation(from: $0.position, count: count) } ?? [] }

  /// Compares what followed with what was chosen, a first token even where none was drafted: that a text begins to
  /// repeat itself is noticed without a probe.
  mutating func learn(from chosen: some Collection<Int32>) {
    guard let match else { return }
    for (guess, token) in zip(draft(chosen.count), chosen) {
      rates[match.length] += Self.pace * ((guess == token ? 1 : 0) - rates[match.length])
    }
    self.match = nil
  }
}
