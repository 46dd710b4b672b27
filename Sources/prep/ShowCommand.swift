import ArgumentParser
import Store
import Terminal

/// `prep show`: one row in full.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print one row in full: a document, chunk, pair, comparison, run, ...",
    discussion: """
      The beginning of an id is enough where it is unique. With --json the row's fields come as one object.

      Example:
        prep show doc_0193f2
        prep show pair_0193f2 --json
      """)

  @OptionGroup var options: StoreOptions

  @Argument(help: "A row's id.")
  var id: String

  func run() throws {
    let store = try options.openReadOnly()
    let view = try RowView(id: store.fullID(id), store: store)
    if options.json { return Console.output.line(view.json.canonical) }
    for (name, value) in view.fields {
      Console.output.line(Console.output.styled(name + ":", .bold) + " " + RowView.text(value).printable)
    }
    for (name, body) in view.bodies {
      Console.output.line()
      Console.output.line(Console.output.styled(name, .bold))
      // Line ends are the text's own; everything else that could move the cursor is made visible.
      for line in body.split(separator: "\n", omittingEmptySubsequences: false) {
        Console.output.line(String(line).printable)
      }
    }
  }
}
