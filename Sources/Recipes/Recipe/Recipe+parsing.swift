import Foundation
import Store

extension Recipe {
  /// Reads and checks a recipe.
  /// - Parameter overrides: `path=value` texts, as typed after `--set`.
  /// - Throws: `RecipeError` naming every problem with its line.
  public static func load(_ path: String, overrides: [String] = []) throws -> Recipe {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw RecipeError.unreadable(
        path: path, reason: exists ? "cannot be read as UTF-8 text" : "there is no such recipe")
    }
    return try parse(text, file: path, overrides: overrides)
  }

  /// Checks a recipe's text; `file` is for messages, and its folder is what paths are relative to.
  public static func parse(_ text: String, file: String, overrides: [String] = []) throws -> Recipe {
    var tree = try YAMLTree(parsing: text, file: file)
    for override in overrides { try tree.apply(override: override) }
    var checker = KeyChecker(file: file)
    guard let entries = tree.entries else {
      checker.report("a recipe is keys and values (name, seed, model, stages), not \(tree.kindName)", line: tree.line)
      throw RecipeError.invalid(checker.problems)
    }

    // `stages` and `defaults` are checked by the stages' own tables.
    var plain = tree
    plain.content = .map(entries.filter { $0.key != "stages" && $0.key != "defaults" })
    let keys = RecipeKeys.top.map { key in
      var key = key
      if key.name == "stages" { key.isRequired = false }
      return key
    }
    let top = checker.settings(plain, keys: keys, place: "the recipe")
    let defaults = entries.first { $0.key == "defaults" }.map { checker.stageDefaults($0.value) } ?? [:]
    var stages: [RecipeStage] = []
    if let entry = entries.first(where: { $0.key == "stages" }) {
      stages = checker.stages(entry.value, defaults: defaults)
    } else {
      checker.report("the recipe needs the key stages: what to do, in order", line: tree.line)
    }
    let model = checker.modelSource(top)
    checker.checkOrder(stages, model: model)
    guard checker.problems.isEmpty else { throw RecipeError.invalid(checker.problems) }
    return Recipe(
      file: file, folder: URL(fileURLWithPath: file).deletingLastPathComponent(), name: top.text("name"),
      seed: UInt64(top.integer("seed")), threads: top.integer("threads"), store: top.optionalText("store"),
      modelsFolder: top.optionalText("models"), model: model, stages: stages, text: text)
  }
}

extension KeyChecker {
  /// `defaults:`: any key of any stage; each value is checked against every stage that has the key.
  fileprivate mutating func stageDefaults(_ tree: YAMLTree) -> [StageKind: [String: JSONValue]] {
    guard let entries = tree.entries else {
      report("defaults must be keys and values, not \(tree.kindName)", line: tree.line)
      return [:]
    }
    let notShared: Set<String> = ["name", "from", "paths"]
    var result: [StageKind: [String: JSONValue]] = [:]
    for entry in entries {
      let owners = StageKind.listed.filter { kind in
        RecipeKeys.stage(kind).contains { $0.name == entry.key } && !notShared.contains(entry.key)
      }
      if owners.isEmpty {
        let names = Set(StageKind.listed.flatMap { RecipeKeys.stage($0).map(\.name) }).subtracting(notShared)
        report(unknown(entry.key, among: names.sorted(), place: "defaults"), line: entry.line)
      }
      let single = YAMLTree(.map([entry]), line: entry.line)
      let before = problems.count
      for kind in owners where problems.count == before {
        let keys = RecipeKeys.stage(kind).filter { $0.name == entry.key }
        result[kind, default: [:]][entry.key] = settings(single, keys: keys, place: "defaults").values[entry.key]
      }
    }
    return result
  }

  fileprivate mutating func stages(
    _ tree: YAMLTree, defaults: [StageKind: [String: JSONValue]]
  ) -> [RecipeStage] {
    guard case .list(let items) = tree.content else {
      report("stages must be a list, as in \"- sft: {epochs: 3}\", not \(tree.kindName)", line: tree.line)
      return []
    }
    var stages: [RecipeStage] = []
    for item in items {
      guard let entry = stageEntry(item) else { continue }
      guard let kind = StageKind(rawValue: entry.key), kind != .model else {
        let names = StageKind.listed.map(\.rawValue)
        let hint = nearestName(to: entry.key, among: names).map { "did you mean \($0)?" }
        report(
          "there is no stage \(entry.key): " + (hint ?? "there are " + names.joined(separator: ", ")), line: entry.line)
        continue
      }
      let settings = settings(
        entry.value, keys: RecipeKeys.stage(kind), place: "stage \(kind.rawValue)", defaults: defaults[kind] ?? [:])
      let name = settings.optionalText("name") ?? kind.rawValue
      if stages.contains(where: { $0.name == name }) {
        report("a second stage is called \(name): give it a name of its own with the key name", line: entry.line)
      }
      stages.append(RecipeStage(kind: kind, name: name, settings: settings, line: entry.line))
    }
    if stages.isEmpty, items.isEmpty { report("stages is empty", line: tree.line) }
    return stages
  }

  /// `- sft: {...}` or just `- sft`.
  private mutating func stageEntry(_ item: YAMLTree) -> YAMLTree.Entry? {
    switch item.content {
    case .scalar(.string(let name)):
      return YAMLTree.Entry(key: name, line: item.line, value: YAMLTree(.map([]), line: item.line))
    case .map(let entries) where entries.count == 1:
      return entries[0]
    case .map(let entries) where entries.count > 1:
      report(
        "a stage is one name with its keys indented below it; here stand \(entries.map(\.key).joined(separator: ", "))",
        line: item.line)
    default:
      report("a stage is a name, as in \"- sft: {epochs: 3}\", not \(item.kindName)", line: item.line)
    }
    return nil
  }

  fileprivate mutating func modelSource(_ top: Settings) -> ModelSource? {
    guard let model = top.optionalMap("model") else { return nil }
    let line = top.lines["model"]
    switch (model.optionalText("folder"), model.optionalMap("new")) {
    case (let folder?, nil): return .folder(folder, addedTokens: model.texts("add_tokens"))
    case (nil, let new?): return .new(new)
    case (nil, nil): report("model needs one of the keys folder and new", line: line)
    case (.some, .some): report("model cannot have both folder and new: a model is loaded or new", line: line)
    }
    return nil
  }
}
