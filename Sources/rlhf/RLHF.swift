import ArgumentParser
import Foundation
import Recipes
import Terminal

/// The front door of the model column: training, sampling, evaluation and what came of it.
@main
struct RLHF: ParsableCommand {
  static let version = "rlhf 0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "rlhf",
    abstract: "Train a language model on the pairs and preferences of one SQLite file.",
    discussion: """
      A first walk:
        rlhf train pipelines/demo.yaml
        rlhf report -o report.html
        rlhf chat

      Exit codes: 0 done, 1 failed, 2 bad usage or bad recipe, 3 waiting for people, 130 interrupted.
      """,
    version: version,
    subcommands: [
      InitCommand.self, TrainCommand.self, SampleCommand.self, ScoreCommand.self, ChatCommand.self, EvalCommand.self,
      ReportCommand.self, RunsCommand.self, ModelsCommand.self, ExportCommand.self, CombineCommand.self,
      RecipesCommand.self,
      BenchCommand.self, DoctorCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      Foundation.exit(report(error))
    }
  }

  /// Tells the person at the terminal what went wrong.
  /// - Returns: the exit code.
  private static func report(_ error: any Error) -> Int32 {
    if let code = error as? ExitCode { return code.rawValue }
    if let error = error as? RecipeError {
      for line in error.description.split(separator: "\n") { Console.error.line("rlhf: \(line)") }
      return error.exitCode
    }
    switch exitCode(for: error) {
    case .success:
      Console.output.line(fullMessage(for: error))
      return 0
    case .validationFailure:
      let text = fullMessage(for: error)
      Console.error.line("rlhf: " + (text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text))
      return 2
    default:
      let text = error is CocoaError ? error.localizedDescription : "\(error)"
      Console.error.line("rlhf: " + text.split(whereSeparator: \.isNewline).joined(separator: " "))
      return 1
    }
  }
}
