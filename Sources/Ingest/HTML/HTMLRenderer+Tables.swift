extension HTMLRenderer {
  /// A pipe table with its first row as header; tables that only lay out a page are read as their cells' blocks.
  mutating func renderTable(_ index: Int) {
    writer.endBlock()
    for child in tree.children(index) where tree.tag(child) == .caption && !filter.isDropped[child] { render(child) }
    let rows = tableRows(index)
    if writer.isSingleLine || isLayout(index, rows: rows) {
      return renderLayout(index, rows: rows)
    }
    var grid = rows.map { cells(of: $0) }.filter { row in row.contains { $0.map { hasText($0) } ?? false } }
    let width = grid.map(\.count).max() ?? 0
    for row in grid.indices { grid[row] += Array(repeating: nil, count: width - grid[row].count) }
    let columns = (0..<width).filter { column in grid.contains { $0[column].map { hasText($0) } ?? false } }
    guard !columns.isEmpty else { return }
    for (position, row) in grid.enumerated() {
      renderRow(columns.map { row[$0] })
      if position == 0 { renderRule(columns.count) }
    }
    writer.endBlock()
    writer.standApart()
  }

  private mutating func renderRow(_ cells: [Int?]) {
    writer.append(markup: "|")
    writer.isSingleLine = true
    writer.escapesPipes = true
    for cell in cells {
      writer.append(markup: " ")
      if let cell {
        renderChildren(cell)
        writer.dropBlank()
      }
      writer.append(markup: " |")
    }
    writer.isSingleLine = false
    writer.escapesPipes = false
    writer.endRow()
  }

  private mutating func renderRule(_ count: Int) {
    writer.append(markup: "|" + String(repeating: " --- |", count: count))
    writer.endRow()
  }

  private func hasText(_ cell: Int) -> Bool {
    filter.textBytes[cell] > 0
  }

  // MARK: Rows and cells

  private func tableRows(_ index: Int) -> [Int] {
    var rows: [Int] = []
    for child in tree.children(index) where !filter.isDropped[child] {
      switch tree.tag(child) {
      case .tr: rows.append(child)
      case .thead, .tbody, .tfoot: rows += tableRows(child)
      default: break
      }
    }
    return rows
  }

  /// A row's cells; nil stands for the further columns that a wide cell covers.
  private func cells(of row: Int) -> [Int?] {
    var cells: [Int?] = []
    for child in tree.children(row) where !filter.isDropped[child] {
      guard tree.tag(child) == .td || tree.tag(child) == .th else { continue }
      cells.append(child)
      let span = tree.attribute(.colspan, of: child).flatMap { Int($0) } ?? 1
      if span > 1 { cells += Array(repeating: nil, count: min(span, 100) - 1) }
    }
    return cells
  }

  // MARK: Tables for layout

  private func isLayout(_ index: Int, rows: [Int]) -> Bool {
    let role = tree.attribute(.role, of: index)
    if role == "presentation" || role == "none" || isCalloutList(index) { return true }
    if rows.allSatisfy({ cells(of: $0).compactMap { $0 }.filter { hasText($0) }.count <= 1 }) { return true }
    for child in tree.descendants(index) {
      let tag = tree.tag(child)
      if tag == .table || tag.headingLevel != nil || tag.isPreformatted { return true }
      if tag == .td, filter.textBytes[child] > 1500 { return true }
    }
    return false
  }

  private func isCalloutList(_ index: Int) -> Bool {
    tree.nodes[index].parent > 0 && tree.classNames(of: Int(tree.nodes[index].parent)).contains("calloutlist")
  }

  private mutating func renderLayout(_ index: Int, rows: [Int]) {
    if isCalloutList(index), !writer.isSingleLine { return renderCallouts(rows) }
    for row in rows {
      for cell in cells(of: row) {
        guard let cell else { continue }
        renderBlock(cell)
      }
    }
  }

  /// DocBook's numbered remarks on a listing: the number is a picture in the first cell.
  private mutating func renderCallouts(_ rows: [Int]) {
    for (position, row) in rows.enumerated() {
      let marker = "\(position + 1). "
      if position > 0 { writer.stayClose() }
      writer.push(LightMarkdownWriter.Prefix(marker: marker, rest: String(repeating: " ", count: marker.count)))
      for cell in cells(of: row).dropFirst() {
        guard let cell else { continue }
        renderBlock(cell)
      }
      writer.endBlock()
      writer.pop()
    }
    writer.standApart()
  }
}
