import Foundation
import Ingest
import Store
import Testing

@Suite struct PipelineTests {
  private let folder: TemporaryFolder
  private let store: Store

  init() throws {
    folder = try TemporaryFolder()
    store = try Store(path: folder.path + "/store.sqlite")
    for name in ["faq.html", "chinese.html", "article.html", "gb18030.html", "notes.md", "records.jsonl"] {
      try folder.write("in/" + name, Fixture.bytes(name))
    }
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/in/zz-link.html", withDestinationPath: "faq.html")
    try folder.write("in/picture.png", [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0])
    try folder.write("in/binary.txt", [1, 0, 2, 0, 0, 0, 7])
    try folder.write("in/short.txt", "Hi.")
    try folder.write("in/empty.txt", "")
    try folder.write("in/.hidden/secret.txt", "This is not for anybody's eyes at all.")
  }

  private func ingest(_ paths: [String]? = nil) throws -> (report: IngestReport, problems: [String]) {
    var problems: [String] = []
    let pipeline = IngestPipeline(store: store)
    let report = try pipeline.run(paths: paths ?? [folder.path + "/in"], problem: { problems.append($0) })
    return (report, problems)
  }

  @Test func accountsForEveryFile() throws {
    let (report, problems) = try ingest()
    #expect(report.files == 11)
    #expect(report.extracted == 8)
    #expect(report.aliases == 1)
    #expect(report.skipped == ["unsupported media type image/png": 1])
    #expect(report.failures.map(\.reason) == ["binary"])
    #expect(report.dropped == ["unreadable-record": 2, "too-short": 1, "empty": 1])
    #expect(report.documents == 12)
    #expect(report.kept == 8)
    #expect(problems.count == 3)
    #expect(problems.contains { $0.hasSuffix("records.jsonl:2: no valid JSON") })
    let conservation = try store.conservation()
    #expect(conservation.problems == [])
    #expect(conservation.outcomes.reduce(0) { $0 + $1.bytes } == conservation.bytes)
    #expect(try !store.search("密封").isEmpty)
    #expect(try store.search("anybody").isEmpty)
  }

  @Test func doesNothingTheSecondTime() throws {
    _ = try ingest()
    let documents = try store.documentIDs(DocumentFilter(kept: nil))
    let (again, _) = try ingest()
    #expect(again.extracted == 0)
    #expect(again.unchanged == 10)
    #expect(try store.documentIDs(DocumentFilter(kept: nil)) == documents)
    // Touched but not changed: read, and found to be the same.
    try folder.write("in/notes.md", Fixture.bytes("notes.md"))
    #expect(try ingest().report.extracted == 0)
    try folder.write("in/notes.md", "# Other notes\n\nThese notes are about something else entirely.")
    let (changed, _) = try ingest()
    #expect(changed.extracted == 1)
    #expect(try store.conservation().isBalanced)
  }

  @Test func givesTheSameResultWhateverTheOrder() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/in").sorted()
    _ = try ingest()
    let other = try Store(path: folder.path + "/other.sqlite")
    let reversed = names.filter { !$0.hasPrefix(".") }.reversed().map { folder.path + "/in/" + $0 }
    try IngestPipeline(store: other).run(paths: Array(reversed))
    func outcome(_ store: Store) throws -> [String] {
      try store.documentOutlines().map { "\($0.textHash) \($0.ordinal) \($0.dropReason ?? "kept")" }.sorted()
    }
    #expect(try outcome(store) == outcome(other))
  }

  @Test func dropsCopiesAndKeepsTheStructuredOne() throws {
    let words = (0..<400).map { "word\($0 * 7919 % 1009)" }
    let text = words.joined(separator: " ")
    // By name the text comes first, but the page with its structure is worth more.
    try folder.write("copies/a.txt", "An opening line of its own.\n\n" + text)
    try folder.write("copies/b.html", "<html><body><h1>Words</h1><p>\(text)</p></body></html>")
    try folder.write("copies/c.html", "<html><body><h1>Words</h1><p><b>\(text)</b></p></body></html>")
    try folder.write("copies/d.md", "Nothing like the others: a text on tea, its leaves and its water.")
    let (report, _) = try ingest([folder.path + "/copies"])
    #expect(report.dropped == ["duplicate": 1, "near-duplicate": 1])
    let outlines = try store.documentOutlines()
    #expect(outlines.map(\.dropReason) == ["near-duplicate", nil, "duplicate", nil])
    #expect(outlines[0].duplicateOf == outlines[1].id)
    #expect(outlines[2].duplicateOf == outlines[1].id)
  }

  @Test func readsPatternsAndNamesWhatIsMissing() throws {
    let (report, _) = try ingest([folder.path + "/**/*.html"])
    #expect(report.files == 5)
    #expect(throws: IngestError.missing(path: folder.path + "/nowhere")) { try ingest([folder.path + "/nowhere"]) }
    #expect(throws: IngestError.noMatch(pattern: folder.path + "/*.xyz")) { try ingest([folder.path + "/*.xyz"]) }
  }

  @Test func tracesTextToTheFileAndSeesChanges() throws {
    _ = try ingest()
    let hit = try #require(try store.search("carry away").first)
    let document = try #require(try store.document(id: hit.document))
    let chunk = try #require(try store.chunks(ofDocument: document.id).first)
    let excerpt = try SourceExcerpt.read(chunk.range, of: document, in: store)
    guard case .verified(let text) = excerpt.state else {
      Issue.record("not verified: \(excerpt.state)")
      return
    }
    #expect(text.contains("brush --long"))
    let file = try #require(excerpt.uri)
    for name in ["faq.html", "zz-link.html"] {
      try? FileManager.default.removeItem(atPath: folder.path + "/in/" + name)
    }
    #expect(try SourceExcerpt.read(chunk.range, of: document, in: store).state == .missing)
    try folder.write("in/" + String(file.split(separator: "/").last ?? ""), "other")
    #expect(try SourceExcerpt.read(chunk.range, of: document, in: store).state == .changed)
  }

  @Test func readsChangedOptionsAnew() throws {
    _ = try ingest()
    let pipeline = IngestPipeline(store: store, options: IngestOptions(minimumLetters: 0, chunkCharacters: 100))
    let report = try pipeline.run(paths: [folder.path + "/in"])
    #expect(report.extracted == 8)
    #expect(report.dropped["too-short"] == nil)
    #expect(try store.conservation().isBalanced)
  }
}
