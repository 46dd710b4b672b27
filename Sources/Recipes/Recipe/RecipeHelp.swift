import Store
import Terminal

/// The list of all keys as text, made from the tables of keys.
public enum RecipeHelp {
  /// - Parameter stage: A stage's name for its keys only.
  /// - Throws: `RecipeError.usage` for a stage that does not exist.
  public static func text(stage: String? = nil, width: Int = 100) throws -> String {
    var lines: [String] = []
    if let stage {
      guard let kind = StageKind(rawValue: stage), kind != .model else {
        let names = StageKind.listed.map(\.rawValue)
        let hint = nearestName(to: stage, among: names).map { "did you mean \($0)?" }
        throw RecipeError.usage(
          "there is no stage \(stage): " + (hint ?? "there are " + names.joined(separator: ", ")))
      }
      section(kind.rawValue, kind.help, RecipeKeys.stage(kind), &lines, width: width)
    } else {
      section("recipe", "keys of the recipe itself", RecipeKeys.top, &lines, width: width)
      for kind in StageKind.listed {
        section(kind.rawValue, kind.help, RecipeKeys.stage(kind), &lines, width: width)
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func section(_ name: String, _ help: String, _ keys: [Key], _ lines: inout [String], width: Int) {
    if !lines.isEmpty { lines.append("") }
    lines.append("\(name): \(help)")
    add(keys, indent: "  ", &lines, width: width)
  }

  private static func add(_ keys: [Key], indent: String, _ lines: inout [String], width: Int) {
    for key in keys {
      var text = (indent + key.name).padded(to: 24) + " " + key.help
      if key.isRequired { text += " (required)" }
      if let value = key.defaultValue, value != [:] { text += " [" + (value.string ?? value.canonical) + "]" }
      switch key.type {
      case .choice(let names) where key.defaultValue != nil || names.count < 8:
        text += " (" + names.joined(separator: ", ") + ")"
      default: break
      }
      lines += wrap(text, width: width, indent: String(repeating: " ", count: 27))
      if case .map(let inner) = key.type { add(inner, indent: indent + "  ", &lines, width: width) }
    }
  }
}
