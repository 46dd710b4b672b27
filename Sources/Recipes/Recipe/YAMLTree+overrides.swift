extension YAMLTree {
  /// Puts the value of `path=value` into this recipe: `seed=3`, `model.new.layers=2`, `sft.epochs=5`.
  ///
  /// The first part of a path is a key of the recipe or the name of a stage.
  /// - Throws: `RecipeError.usage` for a text without `=` or a stage that is not there.
  mutating func apply(override: String) throws {
    guard let equals = override.firstIndex(of: "="), equals > override.startIndex else {
      throw RecipeError.usage("--set \(override): write path=value, as in --set sft.epochs=3")
    }
    let path = override[..<equals].split(separator: ".").map(String.init)
    var value = try YAMLTree(parsing: String(override[override.index(after: equals)...]), file: "--set \(override)")
    value.dropLines()
    if path.isEmpty { throw RecipeError.usage("--set \(override): the path is empty") }

    let topNames = RecipeKeys.top.map(\.name).filter { $0 != "stages" }
    if topNames.contains(path[0]) {
      set(path[...], to: value)
      return
    }
    guard case .map(var entries) = content, let index = entries.firstIndex(where: { $0.key == "stages" }),
      case .list(var items) = entries[index].value.content
    else { throw RecipeError.usage("--set \(override): the recipe has no stages") }
    guard let place = items.firstIndex(where: { $0.stageName == path[0] }) else {
      let names = items.compactMap(\.stageName) + topNames
      let hint = nearestName(to: path[0], among: names).map { "did you mean \($0)?" }
      throw RecipeError.usage(
        "--set \(override): there is no stage or key \(path[0]): "
          + (hint ?? "there are " + names.joined(separator: ", ")))
    }
    guard path.count > 1 else {
      throw RecipeError.usage("--set \(override): name a key of the stage, as in \(path[0]).seed=2")
    }
    if case .scalar(.string(let name)) = items[place].content {
      items[place] = YAMLTree(.map([Entry(key: name, line: items[place].line, value: YAMLTree(.map([])))]))
    }
    if case .map(var stage) = items[place].content, !stage.isEmpty {
      stage[0].value.set(path.dropFirst(), to: value)
      items[place].content = .map(stage)
    }
    entries[index].value.content = .list(items)
    content = .map(entries)
  }

  /// The name of a stage as `--set` and `--stage` use it.
  private var stageName: String? {
    switch content {
    case .scalar(.string(let name)): return name
    case .map(let entries):
      guard let entry = entries.first else { return nil }
      let named = entry.value.entries?.first { $0.key == "name" }
      if let named, case .scalar(.string(let name)) = named.value.content { return name }
      return entry.key
    default: return nil
    }
  }

  private mutating func set(_ path: ArraySlice<String>, to value: YAMLTree) {
    guard let key = path.first else {
      self = value
      return
    }
    var entries = self.entries ?? []
    if let index = entries.firstIndex(where: { $0.key == key }) {
      entries[index].line = nil
      entries[index].value.set(path.dropFirst(), to: value)
    } else {
      var inner = YAMLTree(.map([]))
      inner.set(path.dropFirst(), to: value)
      entries.append(Entry(key: key, line: nil, value: inner))
    }
    content = .map(entries)
  }

  private mutating func dropLines() {
    line = nil
    switch content {
    case .scalar: break
    case .list(var items):
      for index in items.indices { items[index].dropLines() }
      content = .list(items)
    case .map(var entries):
      for index in entries.indices {
        entries[index].line = nil
        entries[index].value.dropLines()
      }
      content = .map(entries)
    }
  }
}
