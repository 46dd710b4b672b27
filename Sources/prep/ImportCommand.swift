import ArgumentParser
import Datasets
import Foundation
import Store
import Terminal

/// `prep import`: data sets that others made.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Bring JSON-lines data sets into the store.",
    discussion: """
      The shape of each row is recognised by its names: messages; prompt and completion; prompt, chosen and rejected; \
      prompt alone. Texts and lists of messages both do. A bad row is reported with file, line and reason, and the \
      rest goes on. The same content is imported once.

      Example:
        prep import sft.jsonl preferences.jsonl
        prep import --dry-run data/*.jsonl
        gzip -dc sft.jsonl.gz | prep import --split validation -
      """)

  @OptionGroup var options: StoreOptions

  @Argument(help: "JSON-lines files; - reads standard input.")
  var files: [String]

  @Option(help: "The part that the rows belong to: train, validation or test.")
  var split: Split = .train

  @Option(help: "Who made the preferences (default: the file's name).")
  var annotator: String?

  @Flag(help: "Read and check, but store nothing.")
  var dryRun = false

  @Option(help: ArgumentHelp("Show at most this many bad rows of a file.", valueName: "n"))
  var maximumErrors = 20

  func run() throws {
    let store = dryRun ? nil : try options.open()
    let importer = DatasetImporter(
      store: store, options: .init(split: split, isDryRun: dryRun, annotator: annotator))
    var failed = false
    var reports: [JSONValue] = []
    for file in files {
      var shown = 0
      do {
        let report = try importer.importFile(file) { line, reason in
          shown += 1
          if shown <= maximumErrors { Console.error.line("\(file):\(line): \(reason)".printable) }
        }
        if shown > maximumErrors { Console.error.line("\(file): \(shown - maximumErrors) more bad rows") }
        reports.append(report.json)
        if !options.json, !options.quiet { Console.output.line(summary(report)) }
      } catch let error as DatasetsError {
        Console.error.line("prep: \(error)".printable)
        failed = true
      }
    }
    if options.json { Console.output.line(JSONValue.array(reports).canonical) }
    if failed { throw ExitCode(1) }
  }

  private func summary(_ report: ImportReport) -> String {
    let kinds = report.kinds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    let state =
      dryRun ? "nothing stored: dry run" : report.wasKnown ? "imported before, nothing to do" : "\(report.added) new"
    return "\(report.path): \(report.accepted) rows (\(kinds)), \(report.refused) refused; \(state)".printable
  }
}

extension Split: ExpressibleByArgument {}
