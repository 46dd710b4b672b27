import Store
import Terminal

/// Lays out a comparison as lines of text: the same content for a terminal and for a pipe.
struct LabelScreen {
  /// From this width on the two answers stand side by side.
  static let sideBySideWidth = 100

  /// Columns.
  var width: Int
  var console: Console

  /// Progress and annotator.
  func header(_ session: LabelSession) -> String {
    let progress = session.progress
    let left =
      "\(progress.judged + progress.skipped) of \(progress.total) done"
      + (progress.skipped > 0 ? ", \(progress.skipped) skipped" : "") + "  \(session.annotator.name)"
    let right = session.view?.item.comparison.id ?? ""
    let gap = width - left.displayWidth - right.displayWidth
    guard gap > 1 else { return console.styled(left.truncated(to: width), .dim) }
    return console.styled(left + String(repeating: " ", count: gap) + right, .dim)
  }

  /// The question and the two answers.
  func body(_ view: LabelSession.View) -> [String] {
    var lines: [String] = []
    let messages = view.item.prompt.messages
    for message in messages {
      // A lone question needs no name; in a longer conversation it must be clear who speaks.
      if messages.count > 1 { lines.append(console.styled(Self.name(message.role), .dim)) }
      lines += wrap(message.content.printable, width: width).map { console.styled($0, .bold) }
      lines.append("")
    }
    return lines + (width >= Self.sideBySideWidth ? sideBySide(view) : stacked(view))
  }

  private func sideBySide(_ view: LabelSession.View) -> [String] {
    let column = (width - 3) / 2
    let left = wrap(view.first.printable, width: column)
    let right = wrap(view.second.printable, width: column)
    let divider = console.styled("│", .dim)
    var lines = [heading("A", width: column) + " " + divider + " " + heading("B", width: column)]
    for row in 0..<max(left.count, right.count) {
      let one = row < left.count ? left[row] : ""
      let two = row < right.count ? right[row] : ""
      lines.append("\(one.padded(to: column)) \(divider)" + (two.isEmpty ? "" : " " + two))
    }
    return lines
  }

  private func stacked(_ view: LabelSession.View) -> [String] {
    [heading("A", width: width)] + wrap(view.first.printable, width: width) + [""]
      + [heading("B", width: width)] + wrap(view.second.printable, width: width)
  }

  private func heading(_ name: String, width: Int) -> String {
    console.styled("── \(name) " + String(repeating: "─", count: max(0, width - 5)), .cyan)
  }

  /// The keys, and the comment that will be stored.
  func footer(_ session: LabelSession) -> [String] {
    let comment = session.comment.map { wrap("comment: \($0.printable)", width: width) } ?? []
    return comment.map { console.styled($0, .yellow) } + keys.map { console.styled($0, .dim) }
  }

  /// The keys with what they do, in as few lines as hold them.
  private var keys: [String] {
    var lines: [String] = []
    for (key, word) in LabelAction.keys {
      let item = "[\(key)] \(word)"
      if let last = lines.last, last.displayWidth + 2 + item.displayWidth <= width {
        lines[lines.count - 1] = last + "  " + item
      } else {
        lines.append(item)
      }
    }
    return lines
  }

  private static func name(_ role: Message.Role) -> String {
    switch role {
    case .system: "System"
    case .user: "User"
    case .assistant: "Assistant"
    case .tool: "Tool"
    }
  }
}
