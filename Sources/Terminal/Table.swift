/// A table of text whose columns line up by display width.
public struct Table: Sendable {
  public struct Column: Sendable {
    public var title: String
    public var alignment: Alignment
    /// Whether this column gives way first when the table is wider than the terminal.
    public var canShrink: Bool

    public init(_ title: String, _ alignment: Alignment = .left, canShrink: Bool = false) {
      self.title = title
      self.alignment = alignment
      self.canShrink = canShrink
    }
  }

  public var columns: [Column]
  public private(set) var rows: [[String]] = []

  public init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row; missing cells are empty, surplus ones are refused.
  public mutating func append(_ row: [String]) {
    precondition(row.count <= columns.count, "a row of \(row.count) cells in a table of \(columns.count) columns")
    rows.append(row.map(\.printable) + Array(repeating: "", count: columns.count - row.count))
  }

  /// The lines of this table, at most `width` columns wide when a column may shrink.
  public func lines(width: Int = .max, console: Console? = nil) -> [String] {
    var widths = columns.indices.map { index in
      rows.reduce(columns[index].title.displayWidth) { max($0, $1[index].displayWidth) }
    }
    let gaps = 2 * max(0, columns.count - 1)
    var excess = width == .max ? 0 : widths.reduce(gaps, +) - width
    for index in columns.indices where columns[index].canShrink && excess > 0 {
      let reduction = min(excess, max(0, widths[index] - max(8, columns[index].title.displayWidth)))
      widths[index] -= reduction
      excess -= reduction
    }
    func line(_ cells: [String], style: Style) -> String {
      let padded = columns.indices.map { index in
        let cell = cells[index].truncated(to: widths[index]).padded(to: widths[index], columns[index].alignment)
        return console?.styled(cell, style) ?? cell
      }
      let text = padded.joined(separator: "  ")
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
    let header = columns.contains { !$0.title.isEmpty } ? [line(columns.map(\.title), style: .bold)] : []
    return header + rows.map { line($0, style: .plain) }
  }

  /// Prints this table, fitted to the stream's width when a person watches it.
  public func print(to console: Console = .output) {
    for line in lines(width: console.isInteractive ? console.columns : .max, console: console) { console.line(line) }
  }
}
