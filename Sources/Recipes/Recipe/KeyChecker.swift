import Store

/// Checks a YAML tree against tables of keys, fills in defaults and collects every problem on the way.
package struct KeyChecker {
  package let file: String
  package private(set) var problems: [RecipeProblem] = []

  package init(file: String) { self.file = file }

  package mutating func report(_ message: String, line: Int?) {
    problems.append(RecipeProblem(file: line == nil ? "--set" : file, line: line, message: message))
  }

  /// The values of `tree` by key, with defaults for absent keys; unknown keys and wrong types are reported.
  /// - Parameter place: What the keys belong to, for messages: `stage sft`.
  package mutating func settings(
    _ tree: YAMLTree, keys: [Key], place: String, defaults: [String: JSONValue] = [:]
  ) -> Settings {
    var settings = Settings(place: place, line: tree.line)
    guard let entries = tree.entries else {
      report("\(place) must be keys and values, not \(tree.kindName)", line: tree.line)
      return settings
    }
    for entry in entries {
      guard let key = keys.first(where: { $0.name == entry.key }) else {
        report(unknown(entry.key, among: keys.map(\.name), place: place), line: entry.line)
        continue
      }
      settings.lines[key.name] = entry.line ?? 0
      if let value = value(entry.value, key.type, name: "\(place): \(key.name)", line: entry.line) {
        settings.values[key.name] = value
        settings.given.insert(key.name)
      }
    }
    for key in keys where settings.values[key.name] == nil {
      if key.isRequired, settings.lines[key.name] == nil {
        report("\(place) needs the key \(key.name): \(key.help)", line: tree.line)
      }
      if defaults[key.name] != nil { settings.shared.insert(key.name) }
      guard let value = defaults[key.name] ?? key.defaultValue else { continue }
      if case .map(let inner) = key.type, value == [:] {
        let filled = self.settings(YAMLTree(.map([])), keys: inner, place: "\(place): \(key.name)")
        settings.values[key.name] = .object(filled.values)
      } else {
        settings.values[key.name] = value
      }
    }
    return settings
  }

  /// The message for a name that does not exist.
  package func unknown(_ name: String, among names: [String], place: String) -> String {
    if let nearest = nearestName(to: name, among: names) {
      return "\(place) has no key \(name): did you mean \(nearest)?"
    }
    return "\(place) has no key \(name); there are: " + names.joined(separator: ", ")
  }

  private mutating func value(_ tree: YAMLTree, _ type: ValueType, name: String, line: Int?) -> JSONValue? {
    let line = tree.line ?? line
    switch (type, tree.content) {
    case (.map(let keys), .map), (.map(let keys), .scalar(.null)):
      return .object(settings(tree, keys: keys, place: name).values)
    case (.table, .scalar(.null)):
      return .object([:])
    case (.table(let element), .map(let entries)):
      var values: [String: JSONValue] = [:]
      for entry in entries {
        values[entry.key] = value(entry.value, element, name: "\(name): \(entry.key)", line: entry.line ?? line)
      }
      return .object(values)
    case (.list(let element), .list(let items)):
      return .array(items.compactMap { value($0, element, name: name, line: line) })
    case (.list(let element), .scalar(let scalar)) where scalar != .null:
      return value(tree, element, name: name, line: line).map { .array([$0]) }
    case (.boolean, .scalar(.bool(let value))):
      return .bool(value)
    case (.integer(let range), .scalar(.int(let value))) where range.contains(value):
      return .int(value)
    case (.number(let range), .scalar(.int(let value))) where range.contains(Double(value)):
      return .double(Double(value))
    case (.number(let range), .scalar(.double(let value))) where range.contains(value):
      return .double(value)
    case (.text, .scalar(.string(let value))), (.path, .scalar(.string(let value))):
      return .string(value)
    case (.text, .scalar(.int(let value))):
      return .string(String(value))
    case (.choice(let names), .scalar(.string(let value))):
      if names.contains(value) { return .string(value) }
      let hint = nearestName(to: value, among: names).map { "did you mean \($0)?" }
      report("\(name) cannot be \(value): " + (hint ?? "it is \(type.name)"), line: line)
      return nil
    default:
      let found: String =
        if case .scalar(let scalar) = tree.content, scalar != .null { scalar.canonical } else { tree.kindName }
      report("\(name) must be \(type.name), not \(found)", line: line)
      return nil
    }
  }
}
