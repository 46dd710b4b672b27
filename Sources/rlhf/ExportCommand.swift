import ArgumentParser
import Foundation
import Recipes
import Terminal

/// `rlhf export`: a model as a Hugging Face folder.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model as one Hugging Face folder, its adapter merged into the weights.",
    discussion: """
      Example:
        rlhf export demo/dpo -o ./preferred
      """)

  @Argument(help: "A folder, or a name from rlhf models (default: the model made last).") var model: String?
  @Option(help: ArgumentHelp("A PEFT adapter to merge.", valueName: "folder")) var adapter: String?
  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write; it must not exist.", valueName: "folder"))
  var output: String
  @OptionGroup var store: StoreOption

  func run() throws {
    guard !FileManager.default.fileExists(atPath: output) else {
      throw RecipeError.usage("\(output) exists already: name a new folder with -o")
    }
    let opened = try OpenedModel(model, adapter: adapter, store: store.path())
    try opened.export(to: URL(fileURLWithPath: output))
    Console.error.line("wrote \(opened.name) to \(output)")
  }
}
