import ArgumentParser
import Datasets
import Foundation
import Store
import Terminal

/// `prep export`: pairs and preferences as JSON lines.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write pairs or preferences as JSON lines.",
    discussion: """
      Only valid pairs are written, and preferences by majority of the standing judgements, in the order of their \
      making. A file appears whole or not at all; prep import reads every format back.

      Example:
        prep export --kind sft --format messages --split train -o train.jsonl
        prep export --kind preference -o - | head -n 1
      """)

  @OptionGroup var options: StoreOptions

  @Option(help: "What to write: sft or preference.")
  var kind: DatasetExporter.Kind = .sft

  @Option(help: "messages or prompt-completion (sft), preference (preference).")
  var format: DatasetFormat?

  @Option(help: "Only this part: train, validation or test.")
  var split: Split?

  @Option(name: [.short, .long], help: "The file to write; - for standard output.")
  var output = "-"

  func validate() throws {
    if let format, !kind.formats.contains(format) {
      let allowed = kind.formats.map(\.rawValue)
      throw ValidationError(
        DatasetsError.wrongFormat(format: format.rawValue, kind: kind.rawValue, allowed: allowed).description)
    }
  }

  func run() throws {
    let exporter = DatasetExporter(store: try options.openReadOnly())
    let count = try exporter.export(kind, format: format, split: split, to: output)
    if output == "-" { return }
    if options.json {
      let report: JSONValue = ["path": .string(output), "kind": .string(kind.rawValue), "records": .int(count)]
      Console.output.line(report.canonical)
    } else if !options.quiet {
      Console.error.line("\(count) records in \(output)")
    }
  }
}

extension DatasetFormat: ExpressibleByArgument {}
extension DatasetExporter.Kind: ExpressibleByArgument {}
