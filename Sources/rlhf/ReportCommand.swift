import ArgumentParser
import Foundation
import Recipes
import Store
import Terminal

/// `rlhf report`: one self-contained HTML page.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a recipe's results as one self-contained HTML page.",
    discussion: """
      The table, curves of every training run, answers before and after, and where everything comes from.

      Example:
        rlhf report -o report.html
        rlhf report --recipe demo -o - > report.html
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("The page's file; - for standard output.", valueName: "file"))
  var output = "report.html"
  @Option(help: ArgumentHelp("The recipe's name (default: the one that ran last).", valueName: "name"))
  var recipe: String?
  @OptionGroup var store: StoreOption

  func run() throws {
    let data = try ReportData(store: Store(path: store.path(), access: .readOnly), recipe: recipe)
    let html = HTMLReport(data).html
    if output == "-" {
      Console.output.write(html)
      return
    }
    do {
      try Data(html.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
    } catch {
      throw RecipeError.unreadable(path: output, reason: "cannot be written (\(error.localizedDescription))")
    }
    Console.error.line("wrote \(output) (\(shortBytes(html.utf8.count)))")
  }
}
