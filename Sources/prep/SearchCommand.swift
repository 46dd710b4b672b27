import ArgumentParser
import Store
import Terminal

/// `prep search`: full-text search over kept documents.
struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find documents by their words, in Chinese as well as English.",
    discussion: """
      Documents that hold all words come first; "quoted words" must stand together. Exit code 1 means that nothing \
      was found.

      Example:
        prep search package manager
        prep search '"free software"' --limit 3
        prep search 软件包依赖
      """)

  @OptionGroup var options: StoreOptions

  @Argument(help: "Words; a phrase in quotation marks.")
  var query: [String]

  @Option(help: ArgumentHelp("At most this many documents.", valueName: "n"))
  var limit = 10

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
  }

  func run() throws {
    let store = try options.openReadOnly()
    let output = Console.output
    // Marks of their own, so that colour is applied after text from documents was made safe to print.
    let marks = options.json ? ("**", "**") : ("\u{E000}", "\u{E001}")
    let hits = try store.search(query.joined(separator: " "), limit: limit, marks: marks)
    if options.json {
      output.line(JSONValue.array(hits.map(json)).canonical)
    } else {
      for hit in hits { print(hit, to: output) }
      if hits.isEmpty, !options.quiet { Console.error.line("nothing found") }
    }
    if hits.isEmpty { throw ExitCode(1) }
  }

  private func print(_ hit: SearchHit, to output: Console) {
    let title = (hit.title ?? "untitled").printable
    output.line(output.styled(title, .bold) + "  " + output.styled(hit.document, .dim))
    if let uri = hit.uri { output.line("  " + output.styled(uri.printable, .dim)) }
    let snippet = hit.snippet.split(whereSeparator: \.isNewline).joined(separator: " ").printable
    var styled = ""
    for (index, part) in snippet.split(separator: "\u{E000}", omittingEmptySubsequences: false).enumerated() {
      let halves = part.split(separator: "\u{E001}", maxSplits: 1, omittingEmptySubsequences: false)
      if index == 0 || halves.count < 2 {
        styled += part
        continue
      }
      styled += output.styled(String(halves[0]), .bold + .yellow) + halves[1]
    }
    output.line("  " + styled)
  }

  private func json(_ hit: SearchHit) -> JSONValue {
    [
      "document": .string(hit.document), "title": hit.title.map(JSONValue.string) ?? .null,
      "language": hit.language.map(JSONValue.string) ?? .null, "uri": hit.uri.map(JSONValue.string) ?? .null,
      "snippet": .string(hit.snippet), "score": .double(hit.score),
    ]
  }
}
