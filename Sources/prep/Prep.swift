import ArgumentParser
import Foundation
import Terminal

/// The front door of the data column: documents, pairs and labels.
@main
struct Prep: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prep",
    abstract: "From raw documents to training pairs and human preferences, in one SQLite file.",
    discussion: """
      A first walk:
        prep ingest ~/notes 'site/**/*.html'
        prep status
        prep pairs
        prep label

      Exit codes: 0 done, 1 failed, 2 bad usage or bad recipe, 3 waiting for people, 130 interrupted.
      """,
    subcommands: [
      IngestCommand.self, StatusCommand.self, SearchCommand.self, ShowCommand.self, TraceCommand.self,
      PairsCommand.self, ImportCommand.self, ExportCommand.self, LabelCommand.self, AgreementCommand.self,
      VerifyCommand.self, RunCommand.self,
    ])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      Foundation.exit(report(error))
    }
  }

  /// Tells the person at the terminal what went wrong.
  /// - Returns: the exit code.
  private static func report(_ error: any Error) -> Int32 {
    if let code = error as? ExitCode { return code.rawValue }
    switch exitCode(for: error) {
    case .success:
      Console.output.line(fullMessage(for: error))
      return 0
    case .validationFailure:
      let text = fullMessage(for: error)
      Console.error.line("prep: " + (text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text))
      return 2
    default:
      let text = error is CocoaError ? error.localizedDescription : "\(error)"
      Console.error.line("prep: " + text.split(whereSeparator: \.isNewline).joined(separator: " "))
      return 1
    }
  }
}
