/// What an annotator can do, by one key or one line.
public enum LabelAction: Hashable, Sendable {
  case answer(LabelSession.Choice)
  case undo
  /// A remark on the comparison in hand; nil when the text is still to be asked for.
  case comment(String?)
  case help
  case quit

  /// The action of a key.
  public init?(key: Character) {
    switch key {
    case "a", "A", "1": self = .answer(.first)
    case "b", "B", "2": self = .answer(.second)
    case "t", "T", "=": self = .answer(.tie)
    case "n", "N": self = .answer(.bothBad)
    case "s", "S": self = .answer(.skip)
    case "u", "U": self = .undo
    case "c", "C": self = .comment(nil)
    case "q", "Q": self = .quit
    case "?", "h", "H": self = .help
    default: return nil
    }
  }

  /// The action of a line: a key, its word (`tie`, `both bad`, `undo`), or `c TEXT`.
  public init?(line: String) {
    let line = line.drop(while: \.isWhitespace)
    let words = line.split(maxSplits: 1, whereSeparator: \.isWhitespace)
    switch (words.first?.lowercased(), words.count) {
    case ("c", 2), ("comment", 2): self = .comment(words[1].trimmingSpaces)
    case ("tie", 1): self = .answer(.tie)
    case ("both", 2) where words[1].trimmingSpaces == "bad", ("both_bad", 1), ("neither", 1), ("none", 1):
      self = .answer(.bothBad)
    case ("skip", 1): self = .answer(.skip)
    case ("undo", 1): self = .undo
    case ("help", 1): self = .help
    case ("quit", 1): self = .quit
    case (let key?, 1) where key.count == 1:
      guard let action = LabelAction(key: key.first ?? " ") else { return nil }
      self = action
    default: return nil
    }
  }

  /// Every key with what it does, in the order of the screen's last line.
  static let keys: [(key: String, word: String)] = [
    ("a", "A better"), ("b", "B better"), ("t", "tie"), ("n", "neither"), ("s", "skip"), ("u", "undo"),
    ("c", "comment"), ("?", "help"), ("q", "quit"),
  ]

  /// What the help page says.
  static let guide = """
    Which answer would you rather get to this question? Judge the whole answer: is it right, does it answer what was \
    asked, is it clear and no longer than needed? The order of the two is shuffled, so A and B mean nothing.

      a  A is better          b  B is better
      t  tie: both are equally good
      n  neither: both are bad; kept as such and not used as a preference
      s  skip: you cannot judge this one; it is not shown to you again
      u  undo your last answer, also of an earlier session
      c  comment on this comparison; it is stored with your answer
      q  quit; every answer is already on the disk

    Long answers: the arrow keys, space and - move the page up and down.
    """
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    var text = self
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
