import Foundation
import Terminal

/// What a person sees while a recipe runs: one line a stage, and while it trains one live line.
///
/// At a pipe the live line becomes a plain line every ten seconds.
public final class RunLog: @unchecked Sendable {
  private let console: Console
  private let isQuiet: Bool
  private var lastLine: ContinuousClock.Instant?
  private var isLive = false

  public init(console: Console = .error, isQuiet: Bool = false) {
    self.console = console
    self.isQuiet = isQuiet
  }

  package func upToDate(_ stage: RecipeStage, summary: String) {
    line(stage.name, "up to date" + (summary.isEmpty ? "" : ": " + summary), style: .dim)
  }

  package func begin(_ stage: RecipeStage, reason: String) {
    lastLine = .now
    line(stage.name, reason, style: .cyan)
  }

  package func end(_ stage: RecipeStage, summary: String, seconds: Double) {
    line(stage.name, "\(summary) (\(shortDuration(seconds)))", style: .green)
  }

  package func note(_ stage: RecipeStage, _ text: String) { line(stage.name, text, style: .yellow) }

  package func notes(_ stage: RecipeStage, _ texts: [String]) { for text in texts { note(stage, text) } }

  /// How far a stage is; shown at once on a terminal, every ten seconds at a pipe.
  package func progress(_ stage: RecipeStage, _ text: @autoclosure () -> String) {
    guard !isQuiet else { return }
    let now = ContinuousClock.now
    let interval: Duration = console.isInteractive ? .milliseconds(100) : .seconds(10)
    if let lastLine, now - lastLine < interval { return }
    lastLine = now
    if console.isInteractive {
      let line = stage.name.padded(to: 9) + " " + text()
      console.write("\r\u{1B}[2K" + line.truncated(to: console.columns - 1))
      isLive = true
    } else {
      line(stage.name, text(), style: .plain)
    }
  }

  /// Removes the live line.
  package func clear() {
    if isLive { console.write("\r\u{1B}[2K") }
    isLive = false
  }

  private func line(_ name: String, _ text: String, style: Style) {
    guard !isQuiet else { return }
    clear()
    console.line(console.styled(name.padded(to: 9), .bold) + " " + console.styled(text.printable, style))
  }
}
