import Foundation
import Pairs
import Store
import Testing

@Suite struct PairMinerTests {
  /// A store in a temporary folder with documents made of texts.
  private final class Corpus {
    let folder: URL
    let store: Store

    init() throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("pairs-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      store = try Store(path: folder.appendingPathComponent("test.sqlite").path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    @discardableResult
    func add(_ name: String, _ text: String, mediaType: String = "text/html") throws -> String {
      let source = try store.addSource(
        Source(hash: ContentHash.of(name + text), bytes: text.utf8.count, mediaType: mediaType))
      try store.recordLocation(SourceLocation(source: source.id, uri: "file:///" + name))
      return try store.addDocuments([
        Document(source: source.id, sourceRange: 0..<text.utf8.count, text: text, extractor: "test/1")
      ])[0].id
    }

    func run(_ request: PairsRequest = PairsRequest()) throws -> PairsReport {
      try PairMiner(store: store, request: request).run()
    }
  }

  private func page(_ number: Int) -> String {
    "# \(number). What is part \(number)?\n\nAnswer \(number).\n\n## 第 \(number) 部分是什么？\n\n第 \(number) 部分。"
  }

  @Test func pairsAreLinkedToTheirCharacters() throws {
    let corpus = try Corpus()
    let id = try corpus.add("a.html", page(1))
    let report = try corpus.run()
    #expect(report.keptCount == 2, "\(report)")
    let text = try #require(try corpus.store.document(id: id)).text
    for pair in try corpus.store.pairs() {
      let sources = try corpus.store.sources(ofPair: pair.id)
      #expect(sources.map(\.document) == [id, id])
      for source in sources {
        let slice = String(decoding: Array(text.utf8)[source.range], as: UTF8.self)
        #expect(slice == pair.messages[source.role == .prompt ? 0 : 1].content)
      }
    }
  }

  @Test func runningAgainDoesNothing() throws {
    let corpus = try Corpus()
    for number in 1...3 { try corpus.add("\(number).html", page(number)) }
    let first = try corpus.run()
    let ids = try corpus.store.pairs(PairFilter(valid: nil)).map(\.id)
    let second = try corpus.run()
    #expect(first.added == 6 && !first.wasUpToDate)
    #expect(second.wasUpToDate && second.added == 0 && second.kept == first.kept)
    #expect(try corpus.store.pairs(PairFilter(valid: nil)).map(\.id) == ids)
    try corpus.add("4.html", page(4))
    let third = try corpus.run()
    #expect(third.added == 2 && third.superseded == 0)
  }

  @Test func anInterruptedRunGoesOn() throws {
    struct Stop: Error {}
    let (corpus, stopped) = (try Corpus(), try Corpus())
    for number in 1...40 {
      try corpus.add("\(number).html", page(number))
      try stopped.add("\(number).html", page(number))
    }
    #expect(throws: Stop.self) {
      try PairMiner(store: stopped.store, request: PairsRequest()).run { done, _ in if done >= 16 { throw Stop() } }
    }
    let done = try stopped.store.pairs().count
    #expect(done >= 32 && done < 80, "a part of the documents is done")
    let report = try stopped.run()
    #expect(report.added == 80 - done && report.keptCount == 80 && report.superseded == 0)
    let whole = try corpus.run()
    #expect(whole.kept == report.kept)
    let texts = { (corpus: Corpus) in try corpus.store.pairs().map { "\($0.hash) \($0.split)" }.sorted() }
    #expect(try texts(corpus) == texts(stopped))
  }

  @Test func aPageStaysAndItsPrintOutGoes() throws {
    let corpus = try Corpus()
    try corpus.add("a.txt", "# 1. What is\n\nx\n\n# What is apt?\n\nA tool\nin plain text.", mediaType: "text/plain")
    try corpus.add("b.html", "# 1.2. What is “apt”?\n\nA tool in `HTML`.")
    let report = try corpus.run(PairsRequest(mining: MiningParameters(sections: false)))
    let pairs = try corpus.store.pairs().filter { $0.messages[0].content.contains("apt") }
    #expect(pairs.map { $0.messages[1].content } == ["A tool in `HTML`."])
    #expect(report.rejected.filter { $0.key.reason == .duplicatePrompt }.values.reduce(0, +) == 1)
  }

  @Test func everyCandidateIsAccountedFor() throws {
    let corpus = try Corpus()
    try corpus.add("a.html", page(1) + "\n\n# Why?\n\n# 目录\n\n文字。")
    let report = try corpus.run()
    #expect(report.candidates == report.keptCount + report.rejectedCount)
    #expect(report.rejectedCount == 2, "\(report)")
    #expect(
      try corpus.store.pairs(PairFilter(valid: false)).compactMap(\.invalidReason).sorted()
        == ["boilerplate-heading", "empty-answer"])
  }

  @Test func noDocumentLeaksAcrossSplits() throws {
    let corpus = try Corpus()
    var documents: [String] = []
    for number in 1...40 { documents.append(try corpus.add("\(number).html", page(number))) }
    let ratios = try SplitRatios(train: 0.6, validation: 0.2, test: 0.2)
    _ = try corpus.run(PairsRequest(split: ratios, seed: 5))
    var splits: [String: Set<Split>] = [:]
    for pair in try corpus.store.pairs() {
      for source in try corpus.store.sources(ofPair: pair.id) {
        splits[source.document, default: []].insert(pair.split)
      }
    }
    #expect(splits.count == 40)
    #expect(splits.values.allSatisfy { $0.count == 1 })
    #expect(Set(splits.values.compactMap(\.first)) == Set(Split.allCases))
    _ = try corpus.run(PairsRequest(split: SplitRatios(parsing: "1,0,0"), seed: 5))
    #expect(try corpus.store.pairs().allSatisfy { $0.split == .train }, "new shares move old pairs")
  }

  @Test func changedParametersSupersede() throws {
    let corpus = try Corpus()
    try corpus.add("a.html", page(1))
    let identity = Identity(name: "Touchstone", author: "the makers")
    _ = try corpus.run(PairsRequest(identity: identity))
    let mined = try corpus.store.pairs(PairFilter(origin: .minedFAQ)).count
    let renamed = try corpus.run(PairsRequest(identity: Identity(name: "试金石", author: "the makers")))
    #expect(renamed.superseded > 60)
    #expect(try corpus.store.pairs(PairFilter(origin: .minedFAQ)).count == mined)
    #expect(
      try corpus.store.pairs(PairFilter(origin: .templateIdentity)).allSatisfy {
        !$0.messages[1].content.contains("Touchstone")
      })
    let back = try corpus.run(PairsRequest(identity: identity))
    #expect(back.added == 0 && !back.wasUpToDate, "an older run's pairs come back")
    #expect(
      try corpus.store.pairs(PairFilter(origin: .templateIdentity)).contains {
        $0.messages[1].content.contains("Touchstone")
      })
  }

  @Test func anEmptyStoreIsNamed() throws {
    let corpus = try Corpus()
    #expect { try corpus.run() } throws: { "\($0)".contains("prep ingest") }
  }
}
