import ArgumentParser
import Foundation
import Store
import Terminal

/// `prep verify`: is the store sound?
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the whole store: file, references, hashes, search index, conservation of bytes.",
    discussion: """
      Reads every row and changes nothing. Exit code 1 when something is wrong.

      Example:
        prep verify
        prep verify --store backup.sqlite --json
      """)

  @OptionGroup var options: StoreOptions

  func run() throws {
    let report = try options.openReadOnly().verify()
    if options.json {
      let value: JSONValue = [
        "sound": .bool(report.isSound), "checks": .array(report.checks.map(JSONValue.string)),
        "problems": .array(report.problems.map(JSONValue.string)),
      ]
      Console.output.line(value.canonical)
    } else {
      for problem in report.problems { Console.output.line(problem) }
      if report.isSound, !options.quiet {
        Console.output.line("\(options.path) is sound: \(report.checks.joined(separator: ", "))")
      }
    }
    if !report.isSound { throw ExitCode(1) }
  }
}
