import ArgumentParser
import Recipes
import Store
import Terminal

/// `prep run`: the data stages of a recipe.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run the data stages of a recipe: ingest and pairs.",
    discussion: """
      Stages that are up to date are skipped. rlhf train runs all stages, these included.

      Example:
        prep run pipelines/demo.yaml
        prep run my.yaml --set ingest.paths=docs
      """)

  @OptionGroup var options: StoreOptions

  @Argument(help: "The recipe's file.")
  var recipe: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Override a key of the recipe; may be repeated.", valueName: "path=value"))
  var overrides: [String] = []

  func run() throws {
    do {
      let recipe = try Recipe.load(recipe, overrides: overrides)
      Interruption.install()
      let run = RecipeRun(
        recipe: recipe, store: try options.open(), program: "prep 0.1.0", log: RunLog(isQuiet: options.quiet))
      try run.run(kinds: [.ingest, .pairs])
    } catch let error as RecipeError {
      for line in error.description.split(separator: "\n") { Console.error.line("prep: \(line)") }
      throw ExitCode(error.exitCode)
    }
  }
}
