/// Decides which parts of a page are its text: navigation, page furniture and lists of links are not.
///
/// Signals, strongest first: elements that never hold text (`nav`, `script`), attributes that hide, class names
/// that generators and content systems use for furniture, and the share of text that stands in links.
struct HTMLContentFilter {
  let tree: HTMLTree
  /// Bytes of text that are not blank, below each node.
  private(set) var textBytes: [Int32]
  /// Those of them inside links.
  private(set) var linkBytes: [Int32]
  private(set) var isDropped: [Bool]
  private(set) var root: Int

  init(tree: HTMLTree) {
    self.tree = tree
    textBytes = Array(repeating: 0, count: tree.nodes.count)
    linkBytes = textBytes
    isDropped = Array(repeating: false, count: tree.nodes.count)
    root = 0
    measure()
    root = findRoot()
    markFurniture()
    markLinkLists()
  }

  /// The share of a node's text that stands in links, 0 to 1.
  func linkDensity(_ node: Int) -> Double {
    textBytes[node] == 0 ? 0 : Double(linkBytes[node]) / Double(textBytes[node])
  }

  private mutating func measure() {
    var hidden = Array(repeating: false, count: tree.nodes.count)
    var inLink = hidden
    for (index, node) in tree.nodes.enumerated() {
      let parent = Int(node.parent)
      hidden[index] = (parent >= 0 && hidden[parent]) || node.tag.isNeverText
      inLink[index] = (parent >= 0 && inLink[parent]) || (node.tag == .a && tree.has(.href, index))
      guard node.tag == .text, !hidden[index] else { continue }
      var count: Int32 = 0
      for byte in tree.bytes[Int(node.contents.lowerBound)..<Int(node.contents.upperBound)] where byte > 32 {
        count += 1
      }
      textBytes[index] = count
      if inLink[index] { linkBytes[index] = count }
    }
    for (index, node) in tree.nodes.enumerated().reversed() where node.parent >= 0 {
      textBytes[Int(node.parent)] += textBytes[index]
      linkBytes[Int(node.parent)] += linkBytes[index]
    }
  }

  // MARK: Where the text is

  /// The element that holds the page's text: `main`, a single `article`, a well-known container, or the body.
  private func findRoot() -> Int {
    let plain = textBytes[0] - linkBytes[0]
    func holdsText(_ node: Int, share: Int32) -> Bool { (textBytes[node] - linkBytes[node]) * 100 >= plain * share }
    var articles: [Int] = []
    var body = 0
    var container: Int?
    for (index, node) in tree.nodes.enumerated() {
      switch node.tag {
      case .main where holdsText(index, share: 30): return index
      case .article: articles.append(index)
      case .body: body = index
      case .div, .section, .td:
        if tree.attribute(.role, of: index) == "main", holdsText(index, share: 30) { return index }
        if isContentContainer(index), holdsText(index, share: 60) { container = index }
      default: break
      }
    }
    if let article = articles.first, articles.count == 1, holdsText(article, share: 50) { return article }
    return container ?? body
  }

  private func isContentContainer(_ node: Int) -> Bool {
    for name in tree.names(of: node) where HTMLFurniture.containers.contains(name) { return true }
    return false
  }

  // MARK: Furniture

  private mutating func markFurniture() {
    let total = max(1, textBytes[root])
    for index in tree.descendants(root) {
      let node = tree.nodes[index]
      guard node.tag != .text else { continue }
      if node.tag.isNeverText {
        isDropped[index] = true
        continue
      }
      let share = Double(textBytes[index]) / Double(total)
      if share < 0.5 {
        isDropped[index] = isFurniture(index, share: share)
      } else if linkDensity(index) > 0.8 {
        // The contents of a book fill most of its first page.
        isDropped[index] = tree.classNames(of: index).contains { HTMLFurniture.always.contains($0) }
      }
    }
  }

  private func isFurniture(_ node: Int, share: Double) -> Bool {
    if isHidden(node) { return true }
    let density = linkDensity(node)
    switch tree.tag(node) {
    case .footer: return share < 0.4
    case .header: return !isInArticle(node) && (density > 0.3 || !hasHeading(node))
    case .aside: return true
    case .form: return textBytes[node] < 100
    case .h1, .h2, .h3, .h4, .h5, .h6, .pre, .code, .main, .article, .body: return false
    default: break
    }
    if let role = tree.attribute(.role, of: node), HTMLFurniture.roles.contains(role) { return true }
    // A section may well be called "navigation" by its id: an id alone counts only for what has no heading.
    let idCounts = density > 0.5 || !hasHeading(node)
    for name in idCounts ? tree.names(of: node) : tree.classNames(of: node) {
      if HTMLFurniture.always.contains(name) { return true }
      if HTMLFurniture.whenLinked.contains(name), density > 0.5 || textBytes[node] < 25 { return true }
    }
    return false
  }

  private func isHidden(_ node: Int) -> Bool {
    if tree.attribute(.hidden, of: node) != nil { return true }
    if tree.attribute(.ariaHidden, of: node) == "true" { return true }
    guard let style = tree.attribute(.style, of: node) else { return false }
    let compact = style.lowercased().filter { $0 != " " }
    return compact.contains("display:none") || compact.contains("visibility:hidden")
  }

  private func isInArticle(_ node: Int) -> Bool {
    var ancestor = Int(tree.nodes[node].parent)
    while ancestor >= 0 {
      if tree.tag(ancestor) == .article || tree.tag(ancestor) == .main { return true }
      ancestor = Int(tree.nodes[ancestor].parent)
    }
    return false
  }

  private func hasHeading(_ node: Int) -> Bool {
    tree.descendants(node).contains { tree.tag($0).headingLevel != nil }
  }

  // MARK: Lists of links

  /// Drops lists and tables that are links only, unless the text before them announces them.
  private mutating func markLinkLists() {
    for index in tree.descendants(root) {
      let tag = tree.tag(index)
      guard tag.isList || tag == .dl || tag == .table, !isDropped[index], textBytes[index] > 0 else { continue }
      guard linkDensity(index) > 0.8, linkCount(index) >= 3, !isAnnounced(index) else { continue }
      isDropped[index] = true
    }
  }

  private func linkCount(_ node: Int) -> Int {
    tree.descendants(node).reduce(0) { $0 + (tree.tag($1) == .a ? 1 : 0) }
  }

  /// Whether a sentence or a question stands directly before the node, as in "The mirrors are:".
  private func isAnnounced(_ node: Int) -> Bool {
    var current = node
    for _ in 0..<6 {
      if let before = previousText(current) {
        if tree.tag(before).isList { return false }
        let text = tree.plainText(before)
        let ends = text.last.map { ":：?？".contains($0) } ?? false
        return ends || (linkDensity(before) < 0.5 && text.utf8.count >= 60)
      }
      let parent = Int(tree.nodes[current].parent)
      guard parent > root else { return false }
      current = parent
    }
    return false
  }

  private func previousText(_ node: Int) -> Int? {
    var found: Int?
    for sibling in tree.children(Int(tree.nodes[node].parent)) {
      if sibling == node { return found }
      if textBytes[sibling] > 0, !isDropped[sibling] { found = sibling }
    }
    return found
  }
}
