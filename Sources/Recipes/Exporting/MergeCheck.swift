import Models
import Tensors
import Tokenizers

/// Whether a model still says the same after something was merged: logits on a few fixed prompts, before and after.
package struct MergeCheck {
  /// How far logits may move, as a share of the distance between the largest and the smallest at that position. Sums in
  /// another order move them by some 1e-6; a merge that went wrong, by far more.
  package static let tolerance: Float = 1e-3

  /// The largest difference that was found.
  package struct Difference: Sendable, Hashable {
    package var difference: Float = 0
    package var spread: Float = 0
    /// difference / spread at the position where that is largest.
    package var relative: Float = 0

    package init(difference: Float = 0, spread: Float = 0, relative: Float = 0) {
      self.difference = difference
      self.spread = spread
      self.relative = relative
    }

    package var isSmall: Bool { relative <= MergeCheck.tolerance }

    package var text: String {
      let digits = "largest difference of logits \(difference), their spread \(spread), relative \(relative)"
      return digits + " (at most \(MergeCheck.tolerance))"
    }
  }

  private static let texts = [
    "The capital of France is", "What is the largest planet? Answer in one sentence.",
    "def add(a, b):\n    return a + b\n", "今天天气很好，我们去公园走一走。",
  ]

  private let prompts: [[Int32]]
  private let before: [[[Float]]]

  /// Asks the model as it is now.
  package init(_ role: Role, tokenizer: Tokenizer) {
    let configuration = role.model.configuration
    let conversation = [Tokenizers.Message(role: "user", content: "Who are you? 你是谁？")]
    let encoded =
      Self.texts.map { tokenizer.encode($0, addingSpecial: true) }
      + [tokenizer.encode(conversation: conversation, addGenerationPrompt: true).tokens]
    let known = encoded.map { tokens in
      Array(tokens.filter { Int($0) < configuration.vocabularySize }.prefix(configuration.maximumPositions))
    }
    prompts = known.filter { !$0.isEmpty }
    before = prompts.map { Self.logits(of: $0, role) }
  }

  /// Asks the model that is to be the same.
  package func difference(from role: Role) -> Difference {
    Self.largest(before, prompts.map { Self.logits(of: $0, role) })
  }

  /// Logits [prompt][position][token] against others; a value that is not a number is an infinite difference.
  package static func largest(_ before: [[[Float]]], _ after: [[[Float]]]) -> Difference {
    var worst = Difference()
    for (prompt, other) in zip(before, after) {
      for (row, changed) in zip(prompt, other) {
        let spread = (row.max() ?? 0) - (row.min() ?? 0)
        var difference: Float = 0
        for (a, b) in zip(row, changed) {
          let distance = abs(a - b)
          // NaN compares as false, and has to count.
          if !(distance <= difference) { difference = distance.isNaN ? .infinity : distance }
        }
        let relative = difference == 0 ? 0 : difference / spread
        if !(relative <= worst.relative) {
          worst = Difference(
            difference: difference, spread: spread, relative: relative.isNaN ? .infinity : relative)
        }
      }
    }
    return worst
  }

  private static func logits(of tokens: [Int32], _ role: Role) -> [[Float]] {
    var batch = PackedBatch()
    batch.append(tokens)
    let tape = Tape(recording: false, workspace: Workspace())
    defer { tape.finish() }
    return role.hiddenStates(batch, tape: tape).logits(rows: Array(tokens.indices))
  }
}
