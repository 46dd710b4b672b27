import ArgumentParser
import Store
import Terminal

/// `prep status`: where every source, byte and document went.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Account for every source, byte and document, and count what was made of them.",
    discussion: """
      Every byte of every source was kept or lost for a named reason, and the sums must agree; if they do not, the \
      disagreements are listed and the exit code is 1.

      Example:
        prep status
        prep status --json
      """)

  @OptionGroup var options: StoreOptions

  func run() throws {
    let store = try options.openReadOnly()
    let report = try store.conservation()
    let counts = try StoreCounts(store)
    if options.json {
      Console.output.line(json(report, counts).canonical)
    } else {
      print(report, counts)
    }
    if !report.isBalanced { throw ExitCode(1) }
  }

  private func print(_ report: ConservationReport, _ counts: StoreCounts) {
    let output = Console.output
    output.line("Sources: \(report.sources), \(report.bytes) bytes; \(report.aliases) further names")
    var table = Table([.init("outcome"), .init("documents", .right), .init("bytes", .right), .init("share", .right)])
    for outcome in report.outcomes {
      table.append([
        outcome.name, String(outcome.count), String(outcome.bytes), share(outcome.bytes, of: report.bytes),
      ])
    }
    let total = report.outcomes.reduce(into: (count: 0, bytes: 0)) {
      $0.count += $1.count
      $0.bytes += $1.bytes
    }
    table.append(["sum", String(total.count), String(total.bytes), share(total.bytes, of: report.bytes)])
    table.print()
    for line in report.unreadable { output.line("unreadable: \(line)".printable) }
    for (language, count) in counts.languages { output.line("  \(count) kept documents in \(language)") }
    if report.datasets > 0 {
      output.line("Data sets: \(report.datasets), \(report.datasetBytes) bytes")
      for outcome in report.datasetOutcomes {
        output.line("  \(outcome.count) \(outcome.name), \(outcome.bytes) bytes")
      }
    }
    let made = counts.rows.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
    output.line("Made of them: \(made)")
    if report.isBalanced {
      output.line(output.styled("All sums agree.", .green))
    } else {
      for line in report.problems { output.line(output.styled("disagreement: \(line)".printable, .red)) }
    }
  }

  private func share(_ part: Int, of whole: Int) -> String {
    whole == 0 ? "" : fixed(100 * Double(part) / Double(whole), 1) + "%"
  }

  private func json(_ report: ConservationReport, _ counts: StoreCounts) -> JSONValue {
    func outcomes(_ list: [ConservationReport.Outcome]) -> JSONValue {
      .array(list.map { ["name": .string($0.name), "count": .int($0.count), "bytes": .int($0.bytes)] })
    }
    return [
      "sources": .int(report.sources), "bytes": .int(report.bytes), "aliases": .int(report.aliases),
      "outcomes": outcomes(report.outcomes), "datasets": .int(report.datasets),
      "dataset_bytes": .int(report.datasetBytes), "dataset_outcomes": outcomes(report.datasetOutcomes),
      "unreadable": .array(report.unreadable.map(JSONValue.string)),
      "problems": .array(report.problems.map(JSONValue.string)), "balanced": .bool(report.isBalanced),
      "languages": .object(Dictionary(counts.languages.map { ($0.name, .int($0.count)) }) { first, _ in first }),
      "rows": .object(Dictionary(counts.rows.map { ($0.name, .int($0.count)) }) { first, _ in first }),
    ]
  }
}

/// How many rows of each kind stand on the documents.
private struct StoreCounts {
  var languages: [(name: String, count: Int)] = []
  var rows: [(name: String, count: Int)] = []

  init(_ store: Store) throws {
    for language in ["en", "zh", "ja", "ko", "de", "fr", "es", "other"] {
      let count = try store.documentCount(DocumentFilter(language: language))
      if count > 0 { languages.append((language, count)) }
    }
    let pairs = try store.pairCounts()
    rows = [
      ("pairs", pairs.filter { $0.invalidReason == nil }.reduce(0) { $0 + $1.count }),
      ("invalid pairs", pairs.filter { $0.invalidReason != nil }.reduce(0) { $0 + $1.count }),
      ("comparisons", try store.comparisons().count), ("judgements", try store.currentJudgements().count),
      ("models", try store.models().count), ("runs", try store.runs().count),
    ]
  }
}
