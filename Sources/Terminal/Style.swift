/// How text looks on a terminal: SGR attributes, combined by `+`.
public struct Style: Sendable, Equatable {
  var codes: [Int]

  public static let plain: Style = Style(codes: [])
  public static let bold: Style = Style(codes: [1])
  public static let dim: Style = Style(codes: [2])
  public static let underlined: Style = Style(codes: [4])
  public static let inverse: Style = Style(codes: [7])
  public static let red: Style = Style(codes: [31])
  public static let green: Style = Style(codes: [32])
  public static let yellow: Style = Style(codes: [33])
  public static let blue: Style = Style(codes: [34])
  public static let magenta: Style = Style(codes: [35])
  public static let cyan: Style = Style(codes: [36])

  public static func + (left: Style, right: Style) -> Style { Style(codes: left.codes + right.codes) }

  /// `text` between the escape sequences of this style; call `Console.styled` to respect the stream's abilities.
  public func apply(to text: String) -> String {
    guard !codes.isEmpty, !text.isEmpty else { return text }
    return "\u{1B}[" + codes.map(String.init).joined(separator: ";") + "m" + text + "\u{1B}[0m"
  }
}
