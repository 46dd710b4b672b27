import Tensors

/// Prompts with their answers in one stream: each prompt is there once, each answer a segment that sees it.
package struct AnswerStream {
  /// Where an answer is.
  package struct Answer {
    /// One target a token; the first is predicted by the prompt's last row, which serves every answer.
    package let targets: [Target]
    /// The row of the answer's last token; nil in a stream that leaves last tokens out.
    package let lastRow: Int?

    /// Rows whose hidden states precede each token of the answer.
    var rows: [Int] { targets.map(\.row) }
  }

  package private(set) var batch = PackedBatch()
  package private(set) var answers: [Answer] = []
  /// The last row of every answer, in a stream that keeps them.
  var lastRows: [Int] { answers.compactMap(\.lastRow) }
  /// Rows that have a target, and the last of every answer where it has one.
  var readRows: [Int] { answers.flatMap(\.rows) + lastRows }

  package init() {}

  /// Adds a prompt with its answers.
  ///
  /// - Parameter keepsLastTokens: whether the last token of an answer, which predicts nothing, gets a row too,
  ///   as scores need.
  package mutating func append(prompt: [Int32], answers: [[Int32]], keepsLastTokens: Bool) {
    precondition(!prompt.isEmpty, "an answer's first token is predicted by its prompt")
    let parent = batch.append(prompt)
    let promptEnd = batch.count - 1
    for answer in answers {
      let rows = keepsLastTokens ? answer : Array(answer.dropLast())
      let start = batch.count
      if !rows.isEmpty { batch.append(rows, parent: parent) }
      let targets = answer.indices.map { index in
        Target(row: index == 0 ? promptEnd : start + index - 1, token: answer[index])
      }
      self.answers.append(Answer(targets: targets, lastRow: keepsLastTokens ? start + answer.count - 1 : nil))
    }
  }

  /// Rows that a prompt with answers takes, at most.
  static func cost(prompt: [Int32], answers: [[Int32]]) -> Int {
    prompt.count + answers.reduce(0) { $0 + $1.count }
  }
}

extension AnswerStream {
  /// A stream of pairs: answers are chosen, rejected, chosen, rejected …
  init(_ pairs: some Sequence<PreferenceRow>, keepsLastTokens: Bool) {
    for pair in pairs {
      append(prompt: pair.prompt, answers: [pair.chosen, pair.rejected], keepsLastTokens: keepsLastTokens)
    }
  }
}

extension PreferenceRow {
  var cost: Int { AnswerStream.cost(prompt: prompt, answers: [chosen, rejected]) }
  var tokenCount: Int { 2 * prompt.count + chosen.count + rejected.count }
}

extension EpochOrder {
  /// The largest micro-batch of the first epoch.
  ///
  /// - Parameter targets: rows of a pair that have a target or a score.
  func largestMicrobatch(of pairs: [PreferenceRow], budget: Int, targets: (PreferenceRow) -> Int) -> Microbatch {
    let cost = pairs.reduce(0) { $0 + $1.cost }
    return Microbatch(
      steps: (0..<stepsPerEpoch).lazy.map { self.items(step: $0).map { pairs[$0].cost } }, budget: budget,
      longest: pairs.reduce(1) { max($0, $1.prompt.count + max($1.chosen.count, $1.rejected.count)) },
      targetShare: Double(pairs.reduce(0) { $0 + targets($1) }) / Double(max(1, cost)))
  }
}
