#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One of the program's output streams: whether a person watches it, how wide it is and whether it takes colour.
public struct Console: Sendable {
  public let descriptor: Int32
  /// A terminal, not a pipe or a file.
  public let isInteractive: Bool
  public let hasColour: Bool

  public static let output: Console = Console(descriptor: STDOUT_FILENO)
  public static let error: Console = Console(descriptor: STDERR_FILENO)

  /// Colour needs a terminal that is not `dumb`, and `NO_COLOR` unset or empty (https://no-color.org).
  public init(descriptor: Int32) {
    let isInteractive = isatty(descriptor) == 1
    let colourRefused = environment("NO_COLOR").map { !$0.isEmpty } ?? false
    self.init(
      descriptor: descriptor, isInteractive: isInteractive,
      hasColour: isInteractive && !colourRefused && environment("TERM") != "dumb")
  }

  public init(descriptor: Int32, isInteractive: Bool, hasColour: Bool) {
    self.descriptor = descriptor
    self.isInteractive = isInteractive
    self.hasColour = hasColour
  }

  /// Columns of the terminal now; `COLUMNS` or 80 where there is none.
  public var columns: Int {
    var size = winsize()
    if isInteractive, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    if let columns = environment("COLUMNS").flatMap({ Int($0) }), columns > 0 { return columns }
    return 80
  }

  /// Writes all bytes of `text`, at once and unbuffered; a closed pipe is ignored here and found by the next reader.
  public func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      #if canImport(Glibc)
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      #else
        let written = bytes.withUnsafeBytes { Darwin.write(descriptor, $0.baseAddress, $0.count) }
      #endif
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { return }
      bytes = bytes.dropFirst(written)
    }
  }

  /// `text` and a line end.
  public func line(_ text: String = "") { write(text + "\n") }

  /// `text` in `style` where this stream takes colour, else unchanged.
  public func styled(_ text: String, _ style: Style) -> String { hasColour ? style.apply(to: text) : text }
}

private func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
