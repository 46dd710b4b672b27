import ArgumentParser
import Foundation
import Ingest
import Store
import Terminal

/// `prep ingest`: raw files to documents.
struct IngestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Read raw files into documents: clean, filtered, without copies.",
    discussion: """
      Reads HTML, Markdown, plain text and JSON lines, gzip-packed ones too, in any encoding. Folders are read with \
      all below them (names that begin with a dot are left out), quoted patterns may use *, ?, [...] and **, and - is \
      standard input. The same bytes under several names are one source; documents that repeat others are dropped, \
      with the reason kept. Other kinds of files are counted as skipped.

      Running it again reads only what is new or changed; killed at any moment, it goes on where it was. A bad file \
      or record is reported on standard error and does not stop the rest; the exit code is 1 only when no file could \
      be read.

      Example:
        prep ingest /usr/share/doc/debian-handbook 'notes/**/*.md'
        prep ingest --license CC-BY-SA-4.0 site
        curl -s https://example.org/faq.html | prep ingest -
      """)

  @OptionGroup var options: StoreOptions

  @Argument(help: ArgumentHelp("Files, folders, quoted patterns, or - for standard input.", valueName: "path"))
  var paths: [String]

  @Option(help: "The licence of everything read, where the files do not say it right.")
  var license: String?

  @Option(help: ArgumentHelp("Drop documents with fewer letters.", valueName: "n"))
  var minimumLetters = IngestOptions().minimumLetters

  @Option(help: ArgumentHelp("The longest chunk, in characters.", valueName: "n"))
  var chunkCharacters = IngestOptions().chunkCharacters

  @Option(help: ArgumentHelp("Drop documents of which others hold this share; 0 to keep them.", valueName: "share"))
  var nearDuplicates = 0.8

  func validate() throws {
    guard chunkCharacters >= 50 else { throw ValidationError("--chunk-characters must be at least 50") }
    guard minimumLetters >= 0 else { throw ValidationError("--minimum-letters must not be negative") }
    guard (0...1).contains(nearDuplicates) else { throw ValidationError("--near-duplicates must be from 0 to 1") }
  }

  func run() throws {
    let pipeline = IngestPipeline(
      store: try options.open(),
      options: IngestOptions(
        license: license, minimumLetters: minimumLetters, chunkCharacters: chunkCharacters,
        nearDuplicateThreshold: nearDuplicates == 0 ? nil : nearDuplicates))
    let bar = ProgressBar("ingest", unit: "files", isQuiet: options.quiet || options.json)
    let report = try pipeline.run(paths: paths) { done, total, name in
      bar.set(done, total: total, note: name.split(separator: "/").last.map(String.init) ?? "")
    } problem: { line in
      bar.log("prep: \(line)".printable)
    }
    bar.finish()
    if options.json {
      Console.output.line(report.json.canonical)
    } else if !options.quiet {
      print(report)
    }
    if report.failedEntirely { throw ExitCode(1) }
  }

  private func print(_ report: IngestReport) {
    let output = Console.output
    output.line(
      "\(counted(report.files, "file")): \(report.extracted) read (\(shortBytes(report.bytes))), \(report.unchanged) unchanged, "
        + "\(report.aliases) further names, \(report.skipped.values.reduce(0, +)) skipped, "
        + "\(report.failures.count) failed")
    for (reason, count) in report.skipped.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      output.line("  \(count) skipped: \(reason)".printable)
    }
    let dropped = report.dropped.values.reduce(0, +)
    output.line("\(counted(report.documents, "document")): \(report.kept) kept, \(dropped) dropped")
    for (reason, count) in report.dropped.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      output.line("  \(count) dropped: \(reason)")
    }
    if report.badRecords > 0 { output.line("\(counted(report.badRecords, "record")) could not be read") }
  }

  private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
