extension HTMLRenderer {
  /// Bullets and numbers; a nested list stands directly below its item's text, indented by the marker's width.
  mutating func renderList(_ index: Int) {
    if writer.isSingleLine { return renderOneLineList(index) }
    let isOrdered = tree.tag(index) == .ol
    var number = tree.attribute(.start, of: index).flatMap { Int($0) } ?? 1
    let isNested = isInsideItem(index)
    writer.endBlock()
    var isFirst = true
    for child in tree.children(index) where tree.tag(child) != .text && !filter.isDropped[child] {
      guard tree.tag(child) == .li else {
        // A list directly inside a list belongs to the item before it.
        writer.push(LightMarkdownWriter.Prefix(marker: nil, rest: "  "))
        if tree.tag(child).isList { writer.stayClose() }
        render(child)
        writer.endBlock()
        writer.pop()
        continue
      }
      number = tree.attribute(.value, of: child).flatMap { Int($0) } ?? number
      let marker = isOrdered ? "\(number). " : "- "
      if !isFirst || isNested { writer.stayClose() }
      if renderItem(child, marker: marker) { isFirst = false }
      number += 1
    }
    writer.endBlock()
    writer.standApart()
  }

  private mutating func renderItem(_ index: Int, marker: String) -> Bool {
    let rest = String(repeating: " ", count: marker.utf8.count)
    writer.push(LightMarkdownWriter.Prefix(marker: marker, rest: rest))
    renderChildren(index)
    writer.endBlock()
    return writer.pop()
  }

  /// An item without a list around it.
  mutating func renderStrayItem(_ index: Int) {
    writer.endBlock()
    if writer.isSingleLine { return renderChildren(index) }
    _ = renderItem(index, marker: "- ")
  }

  private mutating func renderOneLineList(_ index: Int) {
    for child in tree.children(index) where !filter.isDropped[child] {
      writer.endBlock()
      if tree.tag(child) == .text { continue }
      renderChildren(child)
    }
    writer.endBlock()
  }

  private func isInsideItem(_ index: Int) -> Bool {
    var ancestor = Int(tree.nodes[index].parent)
    while ancestor > filter.root {
      switch tree.tag(ancestor) {
      case .li: return true
      case .dd, .td, .th, .blockquote, .table: return false
      default: ancestor = Int(tree.nodes[ancestor].parent)
      }
    }
    return false
  }

  // MARK: Definition lists

  /// Each term on a line, then `: ` and its definition, whose further blocks are indented by two.
  mutating func renderDefinitions(_ index: Int) {
    writer.endBlock()
    var previous: HTMLTag?
    for child in definitionParts(index) {
      switch tree.tag(child) {
      case .dt:
        if previous == .dt { writer.stayClose() }
        renderTerm(child)
      default:
        if previous != nil { writer.stayClose() }
        if writer.isSingleLine {
          renderChildren(child)
        } else {
          writer.push(LightMarkdownWriter.Prefix(marker: ": ", rest: "  "))
          renderChildren(child)
          writer.endBlock()
          writer.pop()
        }
      }
      if filter.textBytes[child] > 0 { previous = tree.tag(child) }
    }
    writer.endBlock()
    writer.standApart()
  }

  private mutating func renderTerm(_ index: Int) {
    let outer = writer.isSingleLine
    writer.isSingleLine = true
    renderChildren(index)
    writer.dropBlank()
    writer.isSingleLine = outer
    writer.endBlock()
  }

  /// The `dt` and `dd` of a list, also where each entry is wrapped in a `div`.
  private func definitionParts(_ index: Int) -> [Int] {
    var parts: [Int] = []
    for child in tree.children(index) where !filter.isDropped[child] {
      switch tree.tag(child) {
      case .dt, .dd: parts.append(child)
      case .div: parts += definitionParts(child)
      default: break
      }
    }
    return parts
  }
}
