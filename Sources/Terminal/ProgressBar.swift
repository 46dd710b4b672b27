import Synchronization

/// A line on standard error that shows how far a long job is: bar, count, rate and time left.
///
/// It appears only on a terminal and only after two seconds, so short jobs and pipes stay quiet.
public final class ProgressBar: Sendable {
  private struct State {
    var done = 0
    var total: Int?
    var note = ""
    var drawnAt: ContinuousClock.Instant?
    var isFinished = false
  }

  private static let delay: Duration = .seconds(2)
  private static let interval: Duration = .milliseconds(100)

  private let title: String
  private let unit: String
  private let console: Console
  private let start: ContinuousClock.Instant
  private let isQuiet: Bool
  private let state: Mutex<State>

  /// - Parameters:
  ///   - total: Number of units to do; `nil` while it is not known.
  ///   - unit: What is counted, in the plural: `files`, `tokens`.
  public init(_ title: String, total: Int? = nil, unit: String = "", isQuiet: Bool = false, console: Console = .error) {
    self.title = title
    self.unit = unit
    self.console = console
    self.isQuiet = isQuiet || !console.isInteractive
    self.start = .now
    self.state = Mutex(State(total: total))
  }

  public func advance(by amount: Int = 1, note: String? = nil) {
    update { state in
      state.done += amount
      if let note { state.note = note }
    }
  }

  public func set(_ done: Int, total: Int? = nil, note: String? = nil) {
    update { state in
      state.done = done
      if let total { state.total = total }
      if let note { state.note = note }
    }
  }

  /// Removes the line; further calls do nothing.
  public func finish() {
    state.withLock { state in
      if state.drawnAt != nil, !state.isFinished { console.write("\r\u{1B}[2K") }
      state.isFinished = true
    }
  }

  /// Writes a line of text above the bar.
  public func log(_ line: String) {
    state.withLock { state in
      if state.drawnAt != nil, !state.isFinished { console.write("\r\u{1B}[2K") }
      console.line(line)
    }
  }

  private func update(_ change: (inout State) -> Void) {
    state.withLock { state in
      change(&state)
      guard !isQuiet, !state.isFinished else { return }
      let now = ContinuousClock.now
      let isDue = state.drawnAt.map { now - $0 >= Self.interval } ?? (now - start >= Self.delay)
      guard isDue else { return }
      state.drawnAt = now
      let line = ProgressLine(
        title: title, done: state.done, total: state.total, unit: unit, note: state.note, elapsed: now - start)
      console.write("\r\u{1B}[2K" + line.text(columns: console.columns - 1))
    }
  }
}
