import Terminal

/// An eval stage's result as text for a terminal.
public struct ResultTable {
  let result: EvaluationResult

  public init(_ result: EvaluationResult) { self.result = result }

  /// The measured values, models in columns.
  public var table: Table {
    var table = Table([.init("held-out questions: \(result.prompts)")] + result.models.map { .init($0.name, .right) })
    for row in Self.rows(result) { table.append([row.name] + row.cells) }
    return table
  }

  /// One measure of all models.
  struct Row {
    var name: String
    var cells: [String]
  }

  static func rows(_ result: EvaluationResult) -> [Row] {
    let reference = result.models.first?.name ?? ""
    var rows: [Row] = []
    func add(_ name: String, _ cell: (ModelSheet) -> String?) {
      let cells = result.models.map { cell($0) }
      if cells.contains(where: { $0 != nil }) { rows.append(Row(name: name, cells: cells.map { $0 ?? "–" })) }
    }
    add("identity questions answered rightly") {
      $0.identityAsked > 0 ? "\($0.identityRight)/\($0.identityAsked)" : nil
    }
    add("perplexity on held-out pairs") { $0.perplexity.map { fixed($0, 2) } }
    add("win rate over \(reference), by the rule") { $0.winRateByRule.map(percent) }
    add("win rate over \(reference), by the reward model") { $0.winRateByReward.map(percent) }
    add("preference accuracy") { $0.preferenceAccuracy.map(percent) }
    add("mean reward ± standard error") { $0.reward.map { "\(fixed($0.mean, 2)) ± \(fixed($0.error, 2))" } }
    add("reward above \(reference), standard errors") { sheet in
      sheet.name == reference ? nil : result.rewardGain(of: sheet).map { fixed($0, 1) }
    }
    add("KL from \(reference), nats an answer") {
      $0.divergence.map { "\(fixed($0.mean, 2)) ± \(fixed($0.error, 2))" }
    }
    add("answers that end by themselves") { "\(Int(($0.finished * 100).rounded()))%" }
    add("tokens an answer") { fixed($0.length, 1) }
    return rows
  }

  private static func percent(_ value: ModelSheet.Value) -> String {
    "\(fixed(value.mean * 100, 1))% ± \(fixed(value.error * 100, 1))"
  }

  /// The same questions answered by all models, wrapped to `width` columns.
  public func examples(width: Int, console: Console) -> [String] {
    let label = (result.models.map(\.name.displayWidth).max() ?? 0) + 2
    return result.examples.flatMap { example -> [String] in
      let head = wrap(example.prompt.printable, width: width).map { console.styled($0, .bold) }
      let answers = example.answers.flatMap { answer -> [String] in
        let lines = Self.shortened(wrap(Self.shown(answer.text), width: max(20, width - label)))
        return lines.enumerated().map { index, line in
          (index == 0 ? answer.model : "").padded(to: label) + line
        }
      }
      return head + answers + [""]
    }
  }

  /// Answers of more lines are cut in what a terminal shows; the report holds them whole.
  private static let longest = 6

  private static func shortened(_ lines: [String]) -> [String] {
    lines.count <= longest ? lines : lines.prefix(longest - 1) + ["…"]
  }

  /// An answer without empty lines at its ends and between.
  private static func shown(_ text: String) -> String {
    let lines = text.printable.split(separator: "\n").filter { line in line.contains { !$0.isWhitespace } }
    return lines.isEmpty ? "(empty)" : lines.joined(separator: "\n")
  }
}
