import Store

/// One key of a recipe: all there is to know about it, for parsing, checking, documentation and the JSON Schema.
package struct Key: Sendable {
  package var name: String
  package var type: ValueType
  /// The value when the key is absent; nil for a key that has none then. `[:]` stands for a table's own defaults.
  package var defaultValue: JSONValue?
  package var isRequired: Bool
  package var help: String

  package init(
    _ name: String, _ type: ValueType, default defaultValue: JSONValue? = nil, isRequired: Bool = false, _ help: String
  ) {
    self.name = name
    self.type = type
    self.defaultValue = defaultValue
    self.isRequired = isRequired
    self.help = help
  }
}

/// What a key's value may be.
package indirect enum ValueType: Sendable {
  case boolean
  case integer(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  case text
  /// A file or folder, relative to the recipe's file.
  case path
  case choice([String])
  /// A list; a single value stands for a list of one.
  case list(ValueType)
  case map([Key])
  /// Names of the writer's choice, each with a value.
  case table(of: ValueType)

  static let count: ValueType = .integer(1...1_000_000_000)
  static let countOrZero: ValueType = .integer(0...1_000_000_000)
  static let fraction: ValueType = .number(0...1)
  static let positive: ValueType = .number(0...1e9)

  /// The type in words, for messages and help.
  package var name: String {
    switch self {
    case .boolean: "true or false"
    case .integer(let range): "a whole number from \(range.lowerBound)" + Self.limit(range.upperBound)
    case .number(let range): "a number from \(Self.short(range.lowerBound))" + Self.limit(range.upperBound)
    case .text: "text"
    case .path: "a path"
    case .choice(let names): "one of " + names.joined(separator: ", ")
    case .list(let element): "a list of: \(element.name)"
    case .map: "keys and values"
    case .table(let element): "names, each with \(element.name)"
    }
  }

  private static func limit(_ value: Int) -> String { value >= 1_000_000_000 ? "" : " to \(value)" }
  private static func limit(_ value: Double) -> String { value >= 1e9 ? "" : " to \(short(value))" }
  private static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? String(Int(value)) : "\(value)"
  }
}
