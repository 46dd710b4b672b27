import ArgumentParser
import PipelineLibrary
import Recipes
import Terminal

/// `rlhf recipes`: the bundled recipes.
struct RecipesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipes",
    abstract: "List the bundled recipes, print one to copy, or print the JSON Schema of recipes.",
    discussion: """
      Example:
        rlhf recipes
        rlhf recipes demo > my.yaml
        rlhf recipes --schema
      """)

  @Argument(help: "Print this recipe.") var name: String?
  @Flag(help: "Print the JSON Schema that editors can check recipes with.") var schema = false

  func run() throws {
    if schema {
      Console.output.line(RecipeSchema.text)
      return
    }
    let entries = PipelineLibrary.entries
    guard let name else {
      var table = Table([.init("name"), .init("what it does")])
      for entry in entries { table.append([entry.name, entry.summary]) }
      table.print()
      return
    }
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw RecipeError.usage(
        "there is no bundled recipe \(name); there are " + entries.map(\.name).joined(separator: ", "))
    }
    Console.output.write(entry.text)
  }
}
