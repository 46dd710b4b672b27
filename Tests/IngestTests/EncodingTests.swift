import Foundation
import Ingest
import Testing

@Suite struct EncodingTests {
  @Test func readsADeclaredChinesePage() throws {
    let result = try Fixture.read("gb18030.html")
    #expect(result.encoding == "GB18030")
    // 镕 is outside GB2312 and 㐀 outside GBK: pages that say gb2312 mean the superset.
    #expect(result.rows[0].document?.text.hasSuffix("并把路线告诉同伴。镕基㐀") == true)
    #expect(result.rows[0].document?.title == "登山手册")
  }

  @Test func guessesUndeclaredEncodings() throws {
    #expect(try Fixture.document("big5.txt").text.hasPrefix("航海筆記\n\n出海之前"))
    #expect(try Fixture.document("latin1.txt").text.contains("Les élèves ont découvert une clairière"))
    #expect(try Fixture.document("latin1.txt").language == "fr")
  }

  @Test(arguments: ["UTF-16LE", "UTF-16BE", "UTF-8"])
  func obeysByteOrderMarks(name: String) throws {
    let text = "潮汐表 tide table\n"
    var bytes: [UInt8]
    switch name {
    case "UTF-16LE": bytes = [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    case "UTF-16BE": bytes = [0xFE, 0xFF] + text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    default: bytes = [0xEF, 0xBB, 0xBF] + Array(text.utf8)
    }
    let result = try DocumentReader.read(bytes, name: "tides.txt")
    #expect(result.encoding == name)
    let document = try #require(result.rows[0].document)
    #expect(document.text == "潮汐表 tide table")
    let last = document.text.utf8.count
    let range = try #require(document.spans.sourceRange(of: last - 5..<last))
    #expect(range.upperBound == bytes.count - (name == "UTF-8" ? 1 : 2))
  }

  @Test func toleratesAFewDamagedBytes() throws {
    let bytes = Array("<p>".utf8) + Array(String(repeating: "海", count: 200).utf8) + [0xFF] + Array("</p>".utf8)
    let page = Array("<html><meta charset=utf-8><body>".utf8) + bytes
    let text = try #require(try DocumentReader.read(page, name: "a.html").rows[0].document?.text)
    #expect(text.hasSuffix("海\u{FFFD}"))
  }

  @Test func refusesWhatIsNoText() throws {
    #expect(throws: IngestError.binary) { try DocumentReader.read([65, 0, 66, 0, 0, 1, 2, 3, 4], name: "a.txt") }
    #expect(throws: IngestError.unsupported(mediaType: "application/pdf")) {
      try DocumentReader.read(Array("%PDF-1.7".utf8), name: "a.txt")
    }
    #expect(throws: IngestError.unsupported(mediaType: "text/css")) {
      try DocumentReader.read(Array("p {}".utf8), name: "a.css")
    }
  }

  @Test func unpacksGzip() throws {
    let packed = try Fixture.read("notes.md.gz")
    #expect(packed.mediaType == "text/markdown")
    #expect(packed.encoding == "gzip+UTF-8")
    #expect(packed.rows[0].document?.text == (try Fixture.document("notes.md").text))
    let cut = Array(try Fixture.bytes("notes.md.gz").prefix(60))
    #expect(throws: IngestError.self) { try DocumentReader.read(cut, name: "notes.md.gz") }
  }
}
