/// Reads the main text of HTML pages.
public enum HTMLExtractor {
  /// Extracts one document from a page in UTF-8; its spans are byte ranges of these bytes.
  ///
  /// - Throws: `IngestError.tooLarge` above 2 GiB.
  public static func extract(_ page: [UInt8]) throws -> ExtractedDocument {
    let tree = try page.withUnsafeBufferPointer { try HTMLTreeBuilder.parse($0) }
    let filter = HTMLContentFilter(tree: tree)
    var renderer = HTMLRenderer(tree: tree, filter: filter)
    renderer.renderPage()
    let head = HTMLHead(tree: tree)
    let text = String(decoding: renderer.writer.bytes, as: UTF8.self)
    return ExtractedDocument(
      title: head.documentTitle(firstHeading: TextBlock.firstHeading(of: renderer.writer.bytes)), text: text,
      spans: renderer.writer.spans,
      metadata: head.metadata, license: head.license)
  }
}

/// What a page says about itself outside its text.
struct HTMLHead {
  private(set) var title: String?
  private(set) var metadata: [String: String] = [:]
  private(set) var license: String?

  init(tree: HTMLTree) {
    for (index, node) in tree.nodes.enumerated() {
      switch node.tag {
      case .html:
        if let language = tree.attribute(.lang, of: index) { metadata["declaredLanguage"] = language }
      case .title where title == nil:
        let text = tree.plainText(index)
        if !text.isEmpty { title = text }
      case .meta: readMeta(tree, index)
      case .link, .a: readLink(tree, index)
      default: break
      }
    }
  }

  private static let keptNames: Set<String> = [
    "description", "author", "keywords", "date", "generator", "og:title", "article:published_time",
  ]
  private static let licenseNames: Set<String> = [
    "license", "licence", "dcterms.license", "dcterms.rights", "dc.rights",
  ]

  private mutating func readMeta(_ tree: HTMLTree, _ index: Int) {
    let name = tree.attribute(.name, of: index) ?? tree.attribute(.property, of: index)
    guard let name = name?.lowercased(), let content = tree.attribute(.content, of: index), !content.isEmpty else {
      return
    }
    if HTMLHead.keptNames.contains(name) { metadata[name] = String(content.prefix(500)) }
    if HTMLHead.licenseNames.contains(name) { license = license ?? content }
  }

  private mutating func readLink(_ tree: HTMLTree, _ index: Int) {
    guard let relation = tree.attribute(.rel, of: index)?.lowercased() else { return }
    guard let address = tree.attribute(.href, of: index) else { return }
    let relations = relation.split(separator: " ")
    if relations.contains("license") { license = license ?? address }
    if relations.contains("canonical") { metadata["canonical"] = address }
  }

  /// The page's own title: the first heading where `<title>` only puts the site's name around it.
  func documentTitle(firstHeading: String?) -> String? {
    guard let title else { return firstHeading ?? metadata["og:title"] }
    guard let heading = firstHeading, heading.count < title.count, heading.count >= 2 else { return title }
    for separator in [" - ", " | ", " — ", " – ", " · ", " :: ", "_"] {
      if title.hasPrefix(heading + separator) || title.hasSuffix(separator + heading) { return heading }
    }
    return title
  }
}
