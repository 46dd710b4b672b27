import ArgumentParser
import Recipes
import Store
import Terminal

/// `rlhf runs`: finished trainings side by side.
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "List finished training stages: method, trained weights, validation loss, memory and speed.",
    discussion: """
      Peak memory is the process's, so stages are comparable where each was run by a command of its own \
      (rlhf train RECIPE --stage NAME).

      Example:
        rlhf runs
        rlhf runs --kind sft --markdown
        rlhf runs --json
      """)

  @Option(help: ArgumentHelp("Only stages of this kind: pretrain, sft, reward, dpo or ppo.", valueName: "kind"))
  var kind: String?
  @Flag(help: "Print a Markdown table.") var markdown = false
  @Flag(help: "Print machine-readable JSON on standard output.") var json = false
  @OptionGroup var store: StoreOption

  func run() throws {
    let list = try TrainingRunList(Store(path: store.path(), access: .readOnly), kind: kind)
    if json {
      for row in list.rows { Console.output.line(TrainingRunList.json(row).canonical) }
    } else if markdown {
      Console.output.line(list.markdown)
    } else if list.rows.isEmpty {
      Console.error.line("no training has finished yet: rlhf train RECIPE")
    } else {
      list.table.print()
    }
  }
}
