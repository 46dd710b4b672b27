import Store
import Terminal

/// Labelling on a terminal: a screen of its own, one key per answer.
public struct KeyMode {
  private let console = Console.output
  private let rows: () -> Int

  /// - Parameter rows: the terminal's height now.
  public init(rows: @escaping () -> Int) {
    self.rows = rows
  }

  /// Shows and asks until nothing is left, the limit is reached, or the annotator leaves.
  /// - Throws: `StoreError` when an answer could not be stored, `LabellingError` when this is no terminal.
  public func run(_ session: inout LabelSession) throws -> LabelOutcome {
    try RawTerminal.enter()
    defer { RawTerminal.leave() }
    var state = KeyModeState()
    while session.end != .limitReached {
      draw(session, &state)
      if let outcome = try state.handle(RawTerminal.key(), &session) { return outcome }
    }
    return .finished(.limitReached)
  }

  private func draw(_ session: LabelSession, _ state: inout KeyModeState) {
    let screen = LabelScreen(width: max(20, console.columns), console: console)
    let footer: [String]
    if let draft = state.draft {
      footer = wrap("comment (enter stores, escape cancels): \(draft)", width: screen.width)
    } else {
      footer = (state.notice.map { [$0] } ?? []) + screen.footer(session)
    }
    let content =
      if state.isHelpShown {
        wrap(LabelAction.guide, width: screen.width)
      } else if let view = session.view {
        screen.body(view)
      } else {
        wrap("Nothing is left to judge. [u] takes back your last answer, [q] leaves.", width: screen.width)
      }
    // Header, a blank line, the page, a line that tells of more, and the footer.
    state.pageHeight = max(1, rows() - footer.count - 3)
    state.scroll = max(0, min(state.scroll, content.count - state.pageHeight))
    let page = content.dropFirst(state.scroll).prefix(state.pageHeight)
    let below = content.count - state.scroll - page.count
    let more = [
      state.scroll > 0 ? "↑ \(state.scroll) more lines" : nil, below > 0 ? "↓ \(below) more lines" : nil,
    ].compactMap { $0 }.joined(separator: "   ")
    let filler = Array(repeating: "", count: max(0, state.pageHeight - page.count))
    let lines = [screen.header(session), ""] + page + filler + [console.styled(more, .dim)] + footer
    console.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
  }
}

/// What is on the screen besides the comparison.
package struct KeyModeState {
  /// The first line shown of a page that is too long.
  package var scroll = 0
  package var pageHeight = 1
  package var isHelpShown = false
  /// The comment being typed.
  package var draft: String?
  /// A word about the last key.
  package var notice: String?

  package init() {}

  /// Acts on a key.
  /// - Returns: how the session ended, or nil while it goes on.
  package mutating func handle(_ key: Key, _ session: inout LabelSession) throws -> LabelOutcome? {
    if key == .interrupt { return .interrupted }
    if key == .resized { return nil }
    notice = nil
    if draft != nil {
      edit(key, &session)
      return nil
    }
    if isHelpShown, key != .end {
      isHelpShown = false
      scroll = 0
      session.restartClock()
      return nil
    }
    switch key {
    case .up: scroll = max(0, scroll - 1)
    case .down: scroll += 1
    case .pageUp, .character("-"): scroll = max(0, scroll - pageHeight)
    case .pageDown, .character(" "): scroll += pageHeight
    case .end: return session.view == nil ? .finished(.nothingLeft) : .quit
    case .enter where session.view == nil: return .finished(.nothingLeft)
    case .character(let character):
      guard let action = LabelAction(key: character) else {
        notice = "no such key: \(character); ? for help"
        return nil
      }
      return try perform(action, &session)
    default: break
    }
    return nil
  }

  private mutating func perform(_ action: LabelAction, _ session: inout LabelSession) throws -> LabelOutcome? {
    switch action {
    case .answer(let choice):
      try session.answer(choice)
      scroll = 0
    case .undo:
      notice = try session.undo() ? "took back your last answer" : "there is nothing to take back"
      scroll = 0
    case .comment: if session.view != nil { draft = session.comment ?? "" }
    case .help:
      isHelpShown = true
      scroll = 0
    case .quit: return session.view == nil ? .finished(.nothingLeft) : .quit
    }
    return nil
  }

  private mutating func edit(_ key: Key, _ session: inout LabelSession) {
    switch key {
    case .character(let character): draft?.append(character)
    case .backspace: if draft?.isEmpty == false { draft?.removeLast() }
    case .enter:
      session.comment = draft.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
      draft = nil
    case .escape, .end: draft = nil
    default: break
    }
  }
}
