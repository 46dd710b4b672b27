import Store
import Terminal

/// How a labelling session ended.
public enum LabelOutcome: Hashable, Sendable {
  case finished(LabelSession.End)
  /// The annotator left, or the input ended.
  case quit
  /// Ctrl-C.
  case interrupted
}

/// Labelling over plain text: one command per line in, the comparison as plain lines out; for pipes and scripts.
public struct LineMode {
  private let screen: LabelScreen
  private let readLine: () -> String?
  private let write: (String) -> Void

  /// - Parameters:
  ///   - width: columns of the output.
  ///   - readLine: the next line of input, nil at its end.
  ///   - write: takes one line of output.
  public init(width: Int, readLine: @escaping () -> String?, write: @escaping (String) -> Void) {
    screen = LabelScreen(
      width: width, console: Console(descriptor: 1, isInteractive: false, hasColour: false))
    self.readLine = readLine
    self.write = write
  }

  /// Shows and asks until nothing is left, the limit is reached, or the input ends.
  /// - Throws: `StoreError` when an answer could not be stored.
  public func run(_ session: inout LabelSession) throws -> LabelOutcome {
    var shown: LabelSession.View?
    while true {
      if let view = session.view {
        if view != shown { show(session, view) }
        shown = view
        session.restartClock()
      } else if let end = session.end {
        return .finished(end)
      }
      guard let line = readLine() else { return .quit }
      if line.allSatisfy(\.isWhitespace) { continue }
      guard let action = LabelAction(line: line) else {
        write("not understood: \(line.printable.truncated(to: 40)); type ? for help")
        continue
      }
      switch action {
      case .answer(let choice):
        try session.answer(choice)
        shown = nil
      case .undo:
        let isUndone = try session.undo()
        write(isUndone ? "took back your last answer" : "there is nothing to take back")
        if isUndone { shown = nil }
      case .comment(let text?):
        session.comment = text
        write("comment noted; it is stored with your answer")
      case .comment(nil):
        write("type the comment on the same line: c TEXT")
      case .help:
        write(LabelAction.guide)
      case .quit:
        return .quit
      }
    }
  }

  private func show(_ session: LabelSession, _ view: LabelSession.View) {
    write(screen.header(session))
    write("")
    for line in screen.body(view) + [""] + screen.footer(session) { write(line) }
  }
}
