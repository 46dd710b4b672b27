/// What can go wrong while labelling, worded for the person at the terminal.
public enum LabellingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No rule annotator has this name.
  case unknownRule(name: String, known: [String])
  /// The terminal refused single-key input.
  case terminal(reason: String)

  public var description: String {
    switch self {
    case .unknownRule(let name, let known):
      "there is no rule annotator '\(name)'; known ones: \(known.joined(separator: ", "))"
    case .terminal(let reason):
      "the terminal cannot read single keys (\(reason)); pipe commands in instead: echo a | prep label"
    }
  }
}
