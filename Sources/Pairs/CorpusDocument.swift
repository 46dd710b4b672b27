import Store

/// A kept document's place in the corpus, without its text.
struct CorpusDocument: Sendable, Equatable {
  var id: String
  var textHash: String
  /// Equal for documents that repeat one another: they share a split.
  var group: String
  /// Richer formats come first, so that of a page and its print-outs the page's pairs stay.
  private var order: Order

  private struct Order: Comparable {
    var rank: Int
    var uri: String
    var ordinal: Int

    static func < (one: Order, other: Order) -> Bool {
      (one.rank, one.uri, one.ordinal) < (other.rank, other.uri, other.ordinal)
    }
  }

  /// All kept documents in the order in which they are mined; it depends on their names and not on when they came.
  static func all(in store: Store) throws -> [CorpusDocument] {
    var sources: [String: (rank: Int, uri: String)] = [:]
    for source in try store.sources(purpose: .documents) {
      let locations = try store.locations(ofSource: source.id)
      let uri = (locations.filter(\.isCurrent).isEmpty ? locations : locations.filter(\.isCurrent)).map(\.uri).min()
      sources[source.id] = (rank(of: source.mediaType), uri ?? source.hash)
    }
    var documents: [CorpusDocument] = []
    try store.forEachDocument { document in
      let source = sources[document.source] ?? (rank: 9, uri: document.source)
      documents.append(
        CorpusDocument(
          id: document.id, textHash: document.textHash, group: try group(of: document, store),
          order: Order(rank: source.rank, uri: source.uri, ordinal: document.ordinal)))
    }
    return documents.sorted { $0.order < $1.order }
  }

  private static func rank(of mediaType: String) -> Int {
    if mediaType.contains("html") { return 0 }
    if mediaType.contains("markdown") { return 1 }
    if mediaType.contains("pdf") { return 4 }
    return mediaType.contains("plain") ? 3 : 2
  }

  /// The text hash of the document that this one repeats, or its own.
  private static func group(of document: Document, _ store: Store) throws -> String {
    var root = document
    var seen: Set<String> = [document.id]
    while let next = root.duplicateOf, seen.insert(next).inserted, let original = try store.document(id: next) {
      root = original
    }
    return root.textHash
  }
}
