import Foundation
import Store
import Testing

@Suite struct DocumentTests {
  @Test func sameBytesUnderTwoNamesAreOneSource() throws {
    let fixture = try StoreFixture()
    let one = try fixture.addDocument("same", uri: "file:///a")
    let two = try fixture.addDocument("same", uri: "file:///b")
    #expect(one == two)
    #expect(try fixture.store.locations(ofSource: one.source).map(\.uri) == ["file:///a", "file:///b"])
    #expect(try fixture.store.conservation().aliases == 1)
  }

  @Test func aNameMovesToItsNewBytes() throws {
    let fixture = try StoreFixture()
    let old = try fixture.addDocument("old", uri: "file:///a")
    let new = try fixture.addDocument("new", uri: "file:///a")
    #expect(try fixture.store.location(uri: "file:///a")?.source == new.source)
    #expect(try fixture.store.locations(ofSource: old.source).map(\.isCurrent) == [false])
    try fixture.store.recordLocation(SourceLocation(source: old.source, uri: "file:///a", modified: 1.5, size: 3))
    let location = try #require(try fixture.store.location(uri: "file:///a"))
    #expect(location.source == old.source && location.modified == 1.5 && location.size == 3)
  }

  @Test func documentsOfFormerBytesAreDroppedUntilTheyReturn() throws {
    let fixture = try StoreFixture()
    let old = try fixture.addDocument("old", uri: "file:///a")
    let new = try fixture.addDocument("new", uri: "file:///a")
    try fixture.store.refreshSearchIndex()
    #expect(try fixture.store.dropSupersededDocuments() == (1, 0))
    #expect(try fixture.store.documentIDs() == [new.document])
    #expect(try fixture.store.search("old").isEmpty)
    try fixture.store.recordLocation(SourceLocation(source: old.source, uri: "file:///b"))
    #expect(try fixture.store.dropSupersededDocuments() == (0, 1))
    #expect(try fixture.store.documentCount() == 2)
    #expect(try fixture.store.document(id: old.document)?.isKept == true)
  }

  @Test func documentsComeBackAsTheyWere() throws {
    let fixture = try StoreFixture()
    let source = try fixture.addDocument("x").source
    let document = Document(
      source: source, ordinal: 1, sourceRange: 1..<1, title: "标题", language: "zh", text: "# 标题\n\n正文。",
      spanMap: SpanMap(runs: [.init(text: 2..<8, source: 10..<16), .init(text: 10..<19, source: 40..<70)]),
      metadata: ["author": "李", "year": 2026], extractor: "html/1", dropReason: "short")
    try fixture.store.addDocuments([document])
    #expect(try fixture.store.document(id: document.id) == document)
    #expect(try fixture.store.documentCount() == 1)
    #expect(try fixture.store.documentCount(DocumentFilter(kept: false)) == 1)
    let chunk = Chunk(
      document: document.id, ordinal: 0, range: 0..<8, headingPath: ["标题", "小节"], hash: ContentHash.of("标题"))
    try fixture.store.addChunks([chunk])
    #expect(try fixture.store.chunks(ofDocument: document.id) == [chunk])
    let score = FilterScore(document: document.id, filter: "quality/1", score: 0.5, spans: [0..<2, 4..<9])
    try fixture.store.recordFilterScores([score])
    #expect(try fixture.store.filterScores(ofDocument: document.id) == [score])
  }

  @Test func newExtractionReplacesTheOldAndKeepsItsID() throws {
    let fixture = try StoreFixture()
    let (source, id) = try fixture.addDocument("old words")
    try fixture.store.refreshSearchIndex()
    let added = try fixture.store.addDocuments([
      Document(source: source, sourceRange: 0..<9, text: "new words", extractor: "text/2")
    ])
    #expect(added == [Added(id: id, isNew: false)])
    #expect(try fixture.store.document(id: id)?.text == "new words")
    try fixture.store.refreshSearchIndex()
    #expect(try fixture.store.search("old").isEmpty)
    #expect(try fixture.store.search("new").map(\.document) == [id])
    try fixture.store.deleteDocuments(ofSource: source)
    #expect(try fixture.store.search("new").isEmpty)
    #expect(try fixture.store.verify().problems.contains { $0.contains("no outcome") })
  }

  @Test func bodyOfForEachMayWrite() throws {
    let fixture = try StoreFixture()
    for index in 0..<5 { try fixture.addDocument("text \(index)") }
    try fixture.store.forEachDocument { try fixture.store.dropDocument(id: $0.id, reason: "test") }
    #expect(try fixture.store.documentCount() == 0)
    let first = try #require(try fixture.store.documentIDs(DocumentFilter(kept: false)).first)
    try fixture.store.keepDocument(id: first)
    #expect(try fixture.store.documentIDs() == [first])
  }

  @Test func conservationAddsUp() throws {
    let fixture = try StoreFixture()
    try fixture.addDocument("kept text")
    let dropped = try fixture.addDocument("dropped text")
    try fixture.store.dropDocument(id: dropped.document, reason: "too short")
    let failed = try fixture.store.addSource(Source(hash: "f", bytes: 100, mediaType: "text/html"))
    try fixture.store.recordFailure(IngestFailure(uri: "file:///bad", source: failed.id, reason: "not HTML"))
    try fixture.store.recordFailure(IngestFailure(uri: "file:///secret", reason: "may not be read"))
    let lines = try fixture.store.addSource(Source(hash: "l", bytes: 50, mediaType: "application/jsonl"))
    try fixture.store.addDocuments([
      Document(source: lines.id, ordinal: 0, sourceRange: 0..<20, text: "好", extractor: "jsonl/1"),
      Document(
        source: lines.id, ordinal: 1, sourceRange: 22..<50, text: "", extractor: "jsonl/1", dropReason: "bad JSON"),
    ])
    let report = try fixture.store.conservation()
    #expect(report.isBalanced)
    #expect(report.sources == 4)
    #expect(
      report.outcomes.map(\.name) == ["kept", "dropped: bad JSON", "dropped: too short", "failed: not HTML", "blank"])
    #expect(report.outcomes.map(\.count) == [2, 1, 1, 0, 0])
    #expect(report.outcomes.reduce(0) { $0 + $1.bytes } == report.bytes)
    #expect(report.unreadable == ["file:///secret: may not be read"])
  }

  @Test func conservationTellsWhatDoesNotAddUp() throws {
    let fixture = try StoreFixture()
    let source = try fixture.addDocument("0123456789").source
    try fixture.store.addDocuments([
      Document(source: source, ordinal: 1, sourceRange: 5..<12, text: "twice", extractor: "text/1")
    ])
    try fixture.store.addSource(Source(hash: "lost", bytes: 5, mediaType: "text/plain"))
    let problems = try fixture.store.conservation().problems
    #expect(problems.count == 3)
    #expect(problems.contains { $0.contains("no outcome") })
    #expect(problems.contains { $0.contains("another document counts") })
    #expect(problems.contains { $0.contains("beyond the end") })
  }
}
