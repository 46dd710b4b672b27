import ArgumentParser
import Foundation
import Store
import Terminal

/// `rlhf models`: what there is.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "List the store's models.",
    discussion: """
      Example:
        rlhf models
        rlhf models --json
      """)

  @Flag(help: "Print machine-readable JSON on standard output.") var json = false
  @OptionGroup var store: StoreOption

  func run() throws {
    let store = try Store(path: store.path(), access: .readOnly)
    let models = try store.models()
    if json {
      for model in models { Console.output.line(row(model).canonical) }
      return
    }
    var table = Table([
      .init("name"), .init("kind"), .init("over"), .init("made"), .init("folder", canShrink: true),
    ])
    for model in models {
      let parent = try model.parent.flatMap { try store.model(id: $0) }
      let isThere = FileManager.default.fileExists(atPath: model.path)
      table.append([
        model.name, model.kind.rawValue, parent?.name ?? "", String(model.created.prefix(16)),
        model.path + (isThere ? "" : " (gone)"),
      ])
    }
    table.print()
  }

  private func row(_ model: ModelRecord) -> JSONValue {
    [
      "id": .string(model.id), "name": .string(model.name), "kind": .string(model.kind.rawValue),
      "hash": .string(model.hash), "parent": model.parent.map(JSONValue.string) ?? nil, "path": .string(model.path),
      "created": .string(model.created),
    ]
  }
}
