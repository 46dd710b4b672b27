import Recipes
import Terminal

/// What `rlhf train` prints at the end: the table, answers before and after, and what to try next.
struct Summary {
  let recipe: Recipe
  let store: String
  let run: RecipeRun

  func print() {
    let output = Console.output
    if let result = run.evaluation {
      let table = ResultTable(result)
      output.line()
      table.table.print()
      if let accuracy = result.rewardAccuracy {
        output.line(
          "The reward model agrees with \(fixed(accuracy.mean * 100, 1))% ± \(fixed(accuracy.error * 100, 1)) of "
            + "held-out judgements.")
      }
      output.line()
      for line in table.examples(width: min(output.columns, 100), console: output) { output.line(line) }
    }
    output.line(output.styled("Next:", .bold))
    let width = next.map(\.0.displayWidth).max() ?? 0
    for (command, meaning) in next { output.line("  " + command.padded(to: width) + "   " + meaning) }
  }

  private var next: [(String, String)] {
    let option = store == "touchstone.sqlite" ? "" : " --store \(store)"
    var commands: [(String, String)] = []
    if recipe.stages.contains(where: { $0.kind == .sample }) {
      commands.append(("prep label\(option)", "judge answers yourself"))
    }
    if let ingest = recipe.stages.first(where: { $0.kind == .ingest }) {
      commands.append(
        ("rlhf train \(recipe.file) --store mine.sqlite --set \(ingest.name).paths=FOLDER", "train on your own files"))
    } else {
      commands.append(("rlhf report -o report.html\(option)", "curves and lineage in one page"))
    }
    commands.append(("rlhf chat\(option)", "talk to the model"))
    return commands
  }
}
