#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A terminal that hands over single keys and shows a screen of its own; put back as it was, whatever happens.
///
/// There can be only one at a time. A fatal signal restores the terminal before the process ends.
struct RawTerminal {
  private static let enterScreen = "\u{1B}[?1049h\u{1B}[?25l"
  private static let leaveScreen: StaticString = "\u{1B}[?25h\u{1B}[?1049l"

  /// The terminal's settings as they were; read by signal handlers, so a plain global without a lock.
  nonisolated(unsafe) private static var original = termios()
  nonisolated(unsafe) private static var isRaw: sig_atomic_t = 0
  nonisolated(unsafe) private static var isResized: sig_atomic_t = 0

  /// Takes over the terminal on standard input and output.
  /// - Throws: `LabellingError.terminal` when standard input is none.
  static func enter() throws {
    guard tcgetattr(STDIN_FILENO, &original) == 0 else {
      throw LabellingError.terminal(reason: String(cString: strerror(errno)))
    }
    var raw = original
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
    guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0 else {
      throw LabellingError.terminal(reason: String(cString: strerror(errno)))
    }
    isRaw = 1
    for number in [SIGTERM, SIGHUP, SIGINT, SIGQUIT] {
      signal(number) { number in
        RawTerminal.restore()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
    signal(SIGWINCH) { _ in RawTerminal.isResized = 1 }
    // Stopped from outside and continued: the shell has reset the terminal meanwhile.
    signal(SIGCONT) { _ in
      var raw = RawTerminal.original
      raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
      raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
      RawTerminal.isResized = 1
    }
    write(enterScreen)
  }

  /// Gives the terminal back.
  static func leave() {
    restore()
    for number in [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGWINCH, SIGCONT] { signal(number, SIG_DFL) }
  }

  /// Only calls that a signal handler may make.
  private static func restore() {
    guard isRaw == 1 else { return }
    isRaw = 0
    leaveScreen.withUTF8Buffer { bytes in
      #if canImport(Glibc)
        _ = Glibc.write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
      #else
        _ = Darwin.write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
      #endif
    }
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &original)
  }

  /// The next key.
  static func key() -> Key {
    while true {
      if isResized == 1 {
        isResized = 0
        return .resized
      }
      guard let byte = byte(waiting: 200) else { continue }
      switch byte {
      case .end: return .end
      case .value(0x03): return .interrupt
      case .value(0x04): return .end
      case .value(0x0D), .value(0x0A): return .enter
      case .value(0x7F), .value(0x08): return .backspace
      case .value(0x1B): return escape()
      case .value(let first): return character(first)
      }
    }
  }

  private enum Byte {
    case value(UInt8)
    case end
  }

  /// A byte of standard input; nil when none came in time or a signal did.
  private static func byte(waiting milliseconds: Int32) -> Byte? {
    var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, milliseconds) > 0 else { return nil }
    var byte: UInt8 = 0
    let count = read(STDIN_FILENO, &byte, 1)
    if count == 1 { return .value(byte) }
    return count < 0 && errno == EINTR ? nil : .end
  }

  /// What follows an escape byte: an arrow key, another sequence, or nothing, which is the escape key itself.
  private static func escape() -> Key {
    guard case .value(let opener)? = byte(waiting: 30), opener == 0x5B || opener == 0x4F else { return .escape }
    var parameters: [UInt8] = []
    while case .value(let byte)? = byte(waiting: 30) {
      guard byte >= 0x40 && byte <= 0x7E else {
        parameters.append(byte)
        continue
      }
      switch (byte, parameters) {
      case (0x41, _): return .up
      case (0x42, _): return .down
      case (0x7E, [0x35]): return .pageUp
      case (0x7E, [0x36]): return .pageDown
      default: return .other
      }
    }
    return .other
  }

  /// A character of one to four UTF-8 bytes.
  private static func character(_ first: UInt8) -> Key {
    var bytes = [first]
    let count = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    while bytes.count < count, case .value(let next)? = byte(waiting: 30) { bytes.append(next) }
    guard let text = String(validating: bytes, as: UTF8.self), let character = text.first,
      !character.unicodeScalars.contains(where: { $0.value < 0x20 })
    else { return .other }
    return .character(character)
  }

  private static func write(_ text: String) {
    #if canImport(Glibc)
      _ = text.utf8CString.withUnsafeBufferPointer { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count - 1) }
    #else
      _ = text.utf8CString.withUnsafeBufferPointer { Darwin.write(STDOUT_FILENO, $0.baseAddress, $0.count - 1) }
    #endif
  }
}

/// What a person does at the keyboard.
package enum Key: Hashable, Sendable {
  case character(Character)
  case enter, backspace, escape, up, down, pageUp, pageDown
  /// Ctrl-C.
  case interrupt
  /// Ctrl-D, or the terminal is gone.
  case end
  /// The window changed its size.
  case resized
  case other
}
