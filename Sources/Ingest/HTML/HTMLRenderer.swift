/// Renders the text of a page as light Markdown. Lists, tables and code are in files of their own.
struct HTMLRenderer {
  let tree: HTMLTree
  let filter: HTMLContentFilter
  var writer = LightMarkdownWriter()
  /// Inside `strong`, `em` or `code`: marks are not nested.
  var markDepth = 0
  /// Inside a sidebar, note or example, whose titles must not cut the section they stand in.
  var asideDepth = 0

  init(tree: HTMLTree, filter: HTMLContentFilter) {
    self.tree = tree
    self.filter = filter
  }

  mutating func renderPage() {
    renderChildren(filter.root)
    writer.endBlock()
  }

  mutating func renderChildren(_ node: Int) {
    for child in tree.children(node) { render(child) }
  }

  mutating func render(_ index: Int) {
    let node = tree.nodes[index]
    if node.tag == .text {
      let contents = tree.bytes[Int(node.contents.lowerBound)..<Int(node.contents.upperBound)]
      return writer.append(contents, source: Int(node.source.lowerBound)..<Int(node.source.upperBound))
    }
    if filter.isDropped[index] { return }
    switch node.tag {
    case .br: writer.lineBreak()
    case .wbr, .col, .colgroup: break
    case .hr: writer.endBlock()
    case .img: renderImage(index)
    case .strong, .b: renderMarked(index, "**")
    case .em, .i: renderMarked(index, "*")
    case .code, .tt, .samp, .kbd: renderCode(index)
    case .q: renderQuotation(index)
    case .a: renderLink(index)
    case .h1, .h2, .h3, .h4, .h5, .h6: renderHeading(index, level: node.tag.headingLevel ?? 1)
    case .ul, .ol, .menu, .dir: renderList(index)
    case .li: renderStrayItem(index)
    case .dl: renderDefinitions(index)
    case .pre, .listing, .xmp, .plaintext: renderPreformatted(index)
    case .table: renderTable(index)
    case .blockquote: renderQuote(index)
    case .caption, .summary, .legend: renderTitle(index)
    case .figcaption: renderBlock(index)
    default:
      if node.tag.isBlock { renderBlock(index) } else { renderChildren(index) }
    }
  }

  // MARK: Blocks

  mutating func renderBlock(_ index: Int) {
    writer.endBlock()
    let isAside = tree.tag(index) == .div && isAsideBox(index)
    if isAside { asideDepth += 1 }
    renderChildren(index)
    if isAside { asideDepth -= 1 }
    writer.endBlock()
  }

  private mutating func renderHeading(_ index: Int, level: Int) {
    if asideDepth > 0 || writer.isSingleLine { return renderTitle(index) }
    writer.endBlock()
    writer.opening = String(repeating: "#", count: level) + " "
    renderOnOneLine(index)
    writer.endBlock()
  }

  /// The title of a box, a figure or a table: a paragraph in bold.
  private mutating func renderTitle(_ index: Int) {
    writer.endBlock()
    renderMarked(index, "**")
    writer.endBlock()
  }

  mutating func renderOnOneLine(_ index: Int) {
    let outer = writer.isSingleLine
    writer.isSingleLine = true
    markDepth += 1
    renderChildren(index)
    markDepth -= 1
    writer.dropBlank()
    writer.isSingleLine = outer
  }

  private mutating func renderQuote(_ index: Int) {
    writer.endBlock()
    if writer.isSingleLine { return renderChildren(index) }
    writer.push(LightMarkdownWriter.Prefix(marker: "> ", rest: "> "))
    renderChildren(index)
    writer.endBlock()
    writer.pop()
  }

  private static let asideNames: Set<String> = [
    "sidebar", "note", "warning", "tip", "caution", "important", "danger", "hint", "admonition", "example", "figure",
    "table", "infobox", "callout", "informalexample", "abstract",
  ]

  private func isAsideBox(_ index: Int) -> Bool {
    tree.classNames(of: index).contains { HTMLRenderer.asideNames.contains($0) }
  }

  // MARK: Inline text

  mutating func renderMarked(_ index: Int, _ mark: String) {
    if markDepth > 0 { return renderChildren(index) }
    markDepth += 1
    writer.open(mark: mark)
    renderChildren(index)
    writer.closeMark()
    markDepth -= 1
  }

  /// Inline code, also inside headings and bold text; a longer fence where the code itself has a backtick.
  private mutating func renderCode(_ index: Int) {
    if tree.descendants(index).contains(where: { tree.tag($0).isPreformatted }) { return renderChildren(index) }
    if isInCode { return renderChildren(index) }
    let depth = markDepth
    isInCode = true
    markDepth += 1
    let hasTick = tree.descendants(index).contains { child in
      let range = tree.nodes[child].contents
      return tree.tag(child) == .text && tree.bytes[Int(range.lowerBound)..<Int(range.upperBound)].contains(96)
    }
    writer.open(mark: hasTick ? "``" : "`")
    renderChildren(index)
    writer.closeMark()
    markDepth = depth
    isInCode = false
  }

  private var isInCode = false

  private mutating func renderQuotation(_ index: Int) {
    writer.append(synthetic: "“")
    renderChildren(index)
    writer.append(synthetic: "”")
  }

  /// A link is its text; the pilcrow that generators put behind headings is none.
  private mutating func renderLink(_ index: Int) {
    if filter.textBytes[index] <= 2, tree.has(.href, index), ["¶", "#", "§"].contains(tree.plainText(index)) { return }
    renderChildren(index)
  }

  /// Numbers of callouts are kept, a description only where the picture stands alone.
  private mutating func renderImage(_ index: Int) {
    guard let alt = tree.attribute(.alt, of: index), !alt.isEmpty else { return }
    if alt.count <= 2, alt.allSatisfy(\.isNumber) { return writer.append(synthetic: "(\(alt))") }
    guard !writer.isSingleLine, alt.count >= 20, standsAlone(index) else { return }
    writer.endBlock()
    writer.append(synthetic: alt.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    writer.endBlock()
  }

  /// Whether nothing else in the picture's figure or paragraph says what it shows.
  private func standsAlone(_ index: Int) -> Bool {
    var holder = Int(tree.nodes[index].parent)
    while holder > filter.root, !tree.tag(holder).isBlock { holder = Int(tree.nodes[holder].parent) }
    var levels = 0
    while holder > filter.root, levels < 3 {
      if filter.textBytes[holder] > 0 { return false }
      if tree.tag(holder) == .figure || tree.classNames(of: holder).contains("figure") { return true }
      holder = Int(tree.nodes[holder].parent)
      levels += 1
    }
    return filter.textBytes[holder] == 0
      || tree.tag(holder) != .figure && !tree.classNames(of: holder).contains("figure")
  }
}
