import ArgumentParser
import Foundation
import Recipes
import Store
import Terminal

/// `rlhf train`: brings the stages of a recipe up to date.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Bring every stale stage of a recipe up to date, in order.",
    discussion: """
      Stages whose input, settings and seed have not changed are skipped. Interrupted or killed, the same command goes \
      on where it stopped. Ctrl-C saves first; twice stops at once.

      Example:
        rlhf train pipelines/demo.yaml
        rlhf train pipelines/demo.yaml --plan
        rlhf train pipelines/demo.yaml --stage dpo --set dpo.beta=0.2
      """)

  @Argument(help: "The recipe's file.") var recipe: String?
  @Flag(help: "Show what would run and why; change nothing.") var plan = false
  @Flag(help: "With --plan: print machine-readable JSON on standard output, a line for each stage.") var json = false
  @Option(help: ArgumentHelp("Run this stage only.", valueName: "name")) var stage: String?
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Override a key of the recipe, as in sft.epochs=3; may be repeated.", valueName: "path=value"))
  var overrides: [String] = []
  @Flag(help: "Print every key that a recipe may hold (with --stage NAME, that stage's) and exit.") var helpKeys = false
  @Flag(help: "Print nothing but the result and errors.") var quiet = false
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var store: StoreOption

  func validate() throws {
    if json && !plan { throw ValidationError("--json prints a plan: add --plan") }
    if recipe == nil && !helpKeys { throw ValidationError("name a recipe, as in: rlhf train pipelines/demo.yaml") }
  }

  func run() throws {
    if helpKeys {
      Console.output.line(try RecipeHelp.text(stage: stage, width: min(Console.output.columns, 110)))
      return
    }
    let recipe = try Recipe.load(recipe ?? "", overrides: overrides)
    let path = store.path(fallback: recipe.store.map(recipe.resolve))
    if plan {
      let stages = try planned(recipe, store: path)
      if json {
        for stage in stages { Console.output.line(stage.json.canonical) }
      } else {
        show(stages)
      }
      return
    }
    Interruption.install()
    threads.apply()
    let run = RecipeRun(
      recipe: recipe, store: try Store(path: path), program: RLHF.version, log: RunLog(isQuiet: quiet))
    try run.run(only: stage)
    if stage == nil { Summary(recipe: recipe, store: path, run: run).print() }
  }

  private func planned(_ recipe: Recipe, store path: String) throws -> [RecipeRun.PlannedStage] {
    guard FileManager.default.fileExists(atPath: path) else {
      return try RecipeRun.planWithoutStore(recipe)
    }
    return try RecipeRun(recipe: recipe, store: try Store(path: path), program: RLHF.version).plan()
  }

  private func show(_ stages: [RecipeRun.PlannedStage]) {
    var table = Table([.init("stage"), .init("runs"), .init("why", canShrink: true)])
    for stage in stages {
      table.append([stage.name, stage.status.runs, stage.status.text + (stage.summary.map { ": " + $0 } ?? "")])
    }
    table.print()
    let memory = stages.compactMap { stage in stage.memory.map { "\(stage.name): \($0.summary)" } }
    if !memory.isEmpty {
      let free = RecipeRun.freeMemory.map { " (\($0) are free)" } ?? ""
      Console.output.line("Memory, if micro-batches are full\(free):")
      for line in memory { Console.output.line("  " + line) }
    }
  }
}
