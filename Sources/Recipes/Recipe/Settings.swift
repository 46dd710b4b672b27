import Store

/// Checked values of one table of keys, defaults filled in.
///
/// Reading a key that the table does not hold, or as another type than the table says, is a programming error.
public struct Settings: Sendable {
  /// What the values belong to, for messages.
  public var place: String
  /// Where the values begin in the recipe.
  public var line: Int?
  public var values: [String: JSONValue] = [:]
  /// The keys that the recipe itself gives, by name.
  package var given: Set<String> = []
  /// The keys that the recipe's `defaults` give for all stages.
  package var shared: Set<String> = []
  package var lines: [String: Int] = [:]

  package init(place: String, line: Int?) {
    self.place = place
    self.line = line
  }

  package init(place: String, values: [String: JSONValue]) {
    self.init(place: place, line: nil)
    self.values = values
  }

  package func integer(_ key: String) -> Int {
    guard let value = values[key]?.int else { preconditionFailure("\(place): no whole number \(key)") }
    return value
  }

  package func number(_ key: String) -> Double {
    guard let value = values[key]?.double else { preconditionFailure("\(place): no number \(key)") }
    return value
  }

  package func float(_ key: String) -> Float { Float(number(key)) }

  package func flag(_ key: String) -> Bool {
    guard let value = values[key]?.bool else { preconditionFailure("\(place): no flag \(key)") }
    return value
  }

  package func text(_ key: String) -> String {
    guard let value = values[key]?.string else { preconditionFailure("\(place): no text \(key)") }
    return value
  }

  package func texts(_ key: String) -> [String] { (values[key]?.array ?? []).compactMap(\.string) }

  package func optionalInteger(_ key: String) -> Int? { values[key]?.int }
  package func optionalNumber(_ key: String) -> Double? { values[key]?.double }
  package func optionalText(_ key: String) -> String? { values[key]?.string }

  /// The values of a nested table; nil when the key is absent and has no defaults.
  package func optionalMap(_ key: String) -> Settings? {
    values[key]?.object.map { Settings(place: "\(place): \(key)", values: $0) }
  }

  package func map(_ key: String) -> Settings {
    optionalMap(key) ?? Settings(place: "\(place): \(key)", values: [:])
  }
}
