import ArgumentParser
import Recipes
import Store
import Terminal

/// `rlhf eval`: a recipe's eval stage, and its table.
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure a recipe's models on held-out questions and print the table.",
    discussion: """
      Perplexity, reward, win rate against the first model, KL from it, preference accuracy. What is up to date is not \
      measured again.

      Example:
        rlhf eval pipelines/demo.yaml
        rlhf eval pipelines/demo.yaml --set eval.splits=validation
      """)

  @Argument(help: "The recipe's file.") var recipe: String
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Override a key of the recipe; may be repeated.", valueName: "path=value"))
  var overrides: [String] = []
  @Flag(help: "Print nothing but the table and errors.") var quiet = false
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var store: StoreOption

  func run() throws {
    let recipe = try Recipe.load(recipe, overrides: overrides)
    guard let stage = recipe.stages.last(where: { $0.kind == .eval }) else {
      throw RecipeError.usage("\(recipe.file) has no eval stage: add \"- eval\" to its stages")
    }
    Interruption.install()
    threads.apply()
    let store = try Store(path: store.path(fallback: recipe.store.map(recipe.resolve)), access: .existing)
    let run = RecipeRun(recipe: recipe, store: store, program: RLHF.version, log: RunLog(isQuiet: quiet))
    try run.run(only: stage.name)
    guard let result = run.evaluation else { return }
    let table = ResultTable(result)
    table.table.print()
    Console.output.line()
    let output = Console.output
    for line in table.examples(width: min(output.columns, 100), console: output) { output.line(line) }
  }
}
