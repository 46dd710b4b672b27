import Foundation
import Recipes
import Store
import Testing

/// What is read one after another is what a list of everything would give.
@Suite final class StreamedDataTests {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("streamed-\(UUID().uuidString)")
  let store: Store

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    store = try Store(path: folder.appendingPathComponent("a.sqlite").path)
    let origins: [Pair.Origin] = [.imported, .minedFAQ, .templateIdentity]
    try store.addPairs(
      (0..<60).map { index in
        Pair(
          messages: [Message(role: .user, content: "q\(index)"), Message(role: .assistant, content: "a\(index)")],
          origin: origins[index % 3], split: index % 5 == 0 ? .validation : .train)
      })
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Fingerprints of finished stages stand in stores: the hash must stay what it was.
  @Test(arguments: [[], ["imported", "mined-faq"]]) func pairs(origins: [String]) throws {
    for inStoreOrder in [false, true] {
      let selection = PairSelection(store, split: .train, origins: origins, inStoreOrder: inStoreOrder)
      var expected = try store.pairs(PairFilter(split: .train))
        .filter { origins.isEmpty || origins.contains($0.origin.rawValue) }
      if !inStoreOrder { expected.sort { $0.hash < $1.hash } }
      var met: [String] = []
      try selection.forEachPair { met.append($0.id) }
      #expect(met == expected.map(\.id) && met.count > 20)
      #expect(try selection.count() == expected.count)
      let lines = expected.map { "\($0.hash) \($0.split.rawValue)" }
      #expect(try selection.hash() == ContentHash.of(lines.joined(separator: "\n")))
    }
  }

  @Test func documents() throws {
    for index in 0..<45 {
      let text = "document \(index)"
      let source = try store.addSource(Source(hash: ContentHash.of(text), bytes: 12, mediaType: "text/plain"))
      try store.addDocuments([
        Document(
          source: source.id, sourceRange: 0..<12, language: "en", text: text, spanMap: .identity(count: 12),
          extractor: "text/1")
      ])
    }
    let hashes = (0..<45).map { ContentHash.of("document \($0)") }.sorted()
    let corpus = try CorpusText(store)
    let held = [10, 30].map { hashes[$0] }
    #expect(try corpus.hash(.validation) == ContentHash.of(held.joined(separator: "\n")))
    let train = hashes.filter { !held.contains($0) }
    #expect(try corpus.hash(.train) == ContentHash.of(train.joined(separator: "\n")))
    var met: [String] = []
    try corpus.forEachText(.train) { _, text in met.append(ContentHash.of(text)) }
    #expect(met == train)
  }
}
