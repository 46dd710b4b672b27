import Store
import Yams

/// A YAML value that knows where it stands, so that every mistake can be shown with its line.
package struct YAMLTree: Sendable {
  package indirect enum Content: Sendable {
    case scalar(JSONValue)
    case list([YAMLTree])
    case map([Entry])
  }

  package struct Entry: Sendable {
    package var key: String
    package var line: Int?
    package var value: YAMLTree
  }

  package var content: Content
  /// From 1; nil for values that were typed on the command line.
  package var line: Int?

  package init(_ content: Content, line: Int? = nil) {
    self.content = content
    self.line = line
  }

  /// Reads one YAML document.
  /// - Throws: `RecipeError.invalid` with the line of the syntax error.
  package init(parsing text: String, file: String) throws {
    do {
      guard let node = try Yams.compose(yaml: text) else {
        self.init(.map([]), line: 1)
        return
      }
      try self.init(node: node, file: file)
    } catch let error as YamlError {
      throw RecipeError.invalid([Self.problem(error, file: file)])
    }
  }

  private init(node: Node, file: String) throws {
    let line = node.mark?.line
    switch node {
    case .scalar(let scalar):
      self.init(.scalar(Self.resolve(scalar)), line: line)
    case .sequence(let sequence):
      self.init(.list(try sequence.map { try Self(node: $0, file: file) }), line: line)
    case .mapping(let mapping):
      let entries = try mapping.map { pair -> Entry in
        guard case .scalar(let key) = pair.key else {
          throw RecipeError.invalid([
            RecipeProblem(file: file, line: pair.key.mark?.line, message: "a key must be plain text")
          ])
        }
        return Entry(key: key.string, line: pair.key.mark?.line, value: try Self(node: pair.value, file: file))
      }
      self.init(.map(entries), line: line)
    case .alias:
      throw RecipeError.invalid([
        RecipeProblem(file: file, line: line, message: "an alias must name an anchor that stands before it")
      ])
    }
  }

  /// Numbers, `true`, `false` and `null` as in YAML's core schema; `yes`, `on` and the like stay text.
  private static func resolve(_ scalar: Node.Scalar) -> JSONValue {
    let text = scalar.string
    guard scalar.style == .plain || scalar.style == .any else { return .string(text) }
    switch text {
    case "", "~", "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default: break
    }
    let digits = text.replacing("_", with: "")
    if let value = Int(digits) { return .int(value) }
    if digits.first.map({ "+-.0123456789".contains($0) }) == true, let value = Double(digits), value.isFinite {
      return .double(value)
    }
    return .string(text)
  }

  private static func problem(_ error: YamlError, file: String) -> RecipeProblem {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      RecipeProblem(file: file, line: mark.line, message: "not valid YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      RecipeProblem(
        file: file, line: context.mark.line, message: "the key \(duplicates.first.map { "\($0)" } ?? "") stands twice")
    default:
      RecipeProblem(file: file, line: nil, message: "not valid YAML: \(error)")
    }
  }

  /// What kind of value this is, for messages.
  package var kindName: String {
    switch content {
    case .scalar(.null): "nothing"
    case .scalar(.bool): "true or false"
    case .scalar(.int), .scalar(.double): "a number"
    case .scalar: "text"
    case .list: "a list"
    case .map: "keys and values"
    }
  }

  package var entries: [Entry]? {
    switch content {
    case .map(let entries): entries
    case .scalar(.null): []
    default: nil
    }
  }
}
