/// The side of a column on which text stands.
public enum Alignment: Sendable {
  case left, right, centre
}

extension StringProtocol {
  /// This text followed (or preceded) by spaces until it is `width` columns wide; longer text is returned unchanged.
  public func padded(to width: Int, _ alignment: Alignment = .left) -> String {
    let missing = width - displayWidth
    guard missing > 0 else { return String(self) }
    switch alignment {
    case .left: return String(self) + String(repeating: " ", count: missing)
    case .right: return String(repeating: " ", count: missing) + String(self)
    case .centre:
      let before = missing / 2
      return String(repeating: " ", count: before) + String(self) + String(repeating: " ", count: missing - before)
    }
  }

  /// The longest start of this text that fits in `width` columns, ending in `…` when something was cut.
  public func truncated(to width: Int) -> String {
    guard displayWidth > width else { return String(self) }
    guard width > 0 else { return "" }
    return String(prefix(columns: width - 1)) + "…"
  }

  /// The longest start of this text that takes at most `columns` columns, cut between grapheme clusters.
  public func prefix(columns: Int) -> SubSequence {
    var used = 0
    var end = startIndex
    while end < endIndex {
      used += self[end].displayWidth
      if used > columns { break }
      end = index(after: end)
    }
    return self[..<end]
  }

  /// This text with control characters made visible, so that data can never move the cursor or change colours.
  public var printable: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar.value {
      case 0x0A: result.unicodeScalars.append(scalar)
      case 0x09: result += "    "
      case 0x0D: break
      case 0x00...0x1F: result.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value)!)
      case 0x7F...0x9F: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
