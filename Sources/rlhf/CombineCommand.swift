import ArgumentParser
import Foundation
import Models
import Recipes
import Terminal

/// `rlhf combine`: several adapters of one base as one.
struct CombineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "combine",
    abstract: "Write the weighted sum of several adapters of one base as a PEFT folder.",
    discussion: """
      cat puts the factors side by side: exactly the weighted sum of the updates, with a rank that is the sum of the \
      ranks. linear adds the factors themselves and keeps the rank; it is an approximation.

      Example:
        rlhf combine demo/sft=0.7 demo/polite=0.3 -o ./both
        rlhf combine ./a=1 ./b=-0.5 --model ./base --method linear -o ./difference
      """)

  @Argument(help: ArgumentHelp("Adapters of the store or PEFT folders, with weights.", valueName: "name=weight"))
  var terms: [String]
  @Option(help: ArgumentHelp("cat or linear.", valueName: "method")) var method: AdapterCombination = .cat
  @Option(
    help: ArgumentHelp("The model under the adapters: a folder, or a name from rlhf models.", valueName: "folder"))
  var model: String?
  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write; it must not exist.", valueName: "folder"))
  var output: String
  @OptionGroup var store: StoreOption

  func run() throws {
    let place = URL(fileURLWithPath: output)
    _ = try ModelExport.places(.peft, place)
    let combined = try CombinedAdapter(
      terms.map { try CombinedAdapter.Term($0) }, by: method, model: model, store: store.path(),
      program: RLHF.version)
    try combined.write(to: place)
    Console.error.line("wrote an adapter of rank \(combined.rank) over \(combined.baseName) to \(output)")
  }
}

extension AdapterCombination: ExpressibleByArgument {}
