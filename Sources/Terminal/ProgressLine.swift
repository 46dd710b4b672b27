/// The text of a progress line, as a pure function of how far the job is.
package struct ProgressLine {
  package var title: String
  package var done: Int
  package var total: Int?
  package var unit: String
  package var note: String
  package var elapsed: Duration

  package init(title: String, done: Int, total: Int?, unit: String, note: String, elapsed: Duration) {
    self.title = title
    self.done = done
    self.total = total
    self.unit = unit
    self.note = note
    self.elapsed = elapsed
  }

  package func text(columns: Int) -> String {
    let seconds = max(elapsed.seconds, 1e-9)
    let rate = Double(done) / seconds
    var parts: [String] = []
    var count = total.map { "\(done)/\($0)" } ?? "\(done)"
    if !unit.isEmpty { count += " " + unit }
    parts.append(count)
    parts.append(shortNumber(rate) + "/s")
    if let total, done > 0, done < total { parts.append("ETA " + shortDuration(Double(total - done) / rate)) }
    if !note.isEmpty { parts.append(note.printable) }
    let end = parts.joined(separator: "  ")
    let room = columns - title.displayWidth - end.displayWidth - 4
    guard let total, total > 0, room >= 10 else { return "\(title)  \(end)".truncated(to: columns) }
    let width = min(room, 30)
    let filled = min(width, width * done / total)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    return "\(title) \(bar)  \(end)".truncated(to: columns)
  }
}

extension Duration {
  /// This duration in seconds.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
