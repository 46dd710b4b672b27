import ArgumentParser
import Foundation
import Models
import Recipes
import Terminal

/// `rlhf export`: a model for other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model for other programs: a Hugging Face folder, a PEFT adapter or a GGUF file.",
    discussion: """
      hf and gguf have an adapter merged into the weights; the merged model is first held against the adapter over its \
      base, and nothing is written where they differ. Every export has a model card.

      Example:
        rlhf export demo/dpo -o ./preferred
        rlhf export demo/dpo --format gguf --type q8_0 -o preferred.gguf
        rlhf export demo/dpo --format peft -o ./adapter
      """)

  @Argument(help: "A folder, or a name from rlhf models (default: the model made last).") var model: String?
  @Option(help: ArgumentHelp("A PEFT adapter to merge, or an adapter of the store.", valueName: "folder"))
  var adapter: String?
  @Option(help: ArgumentHelp("hf, peft or gguf.", valueName: "format")) var format: ExportFormat = .hf
  @Option(
    help: ArgumentHelp(
      "Type of the weights: f32, bf16 or f16; for gguf also q8_0, q4_0 or q4_k (default: f32, for gguf f16).",
      valueName: "type"))
  var type: GGUFPrecision?
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder or file to write; it must not exist.", valueName: "place"))
  var output: String
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var store: StoreOption

  func run() throws {
    threads.apply()
    let place = URL(fileURLWithPath: output)
    // What is wrong with the command is said before a large model is opened.
    try ModelExport.check(format, type)
    _ = try ModelExport.places(format, place)
    let opened = try OpenedModel(model, adapter: adapter, store: store.path())
    try ModelExport(
      opened, format: format, type: type, store: store.path(), program: RLHF.version, note: { Console.error.line($0) }
    ).run(to: place)
    Console.error.line("wrote \(opened.name) to \(output)")
  }
}

extension ExportFormat: ExpressibleByArgument {}
extension GGUFPrecision: ExpressibleByArgument {}
