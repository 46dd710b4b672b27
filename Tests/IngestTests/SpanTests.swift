import Foundation
import Ingest
import Testing

/// Every word of an extracted text stands in the source bytes it is mapped to.
@Suite struct SpanTests {
  @Test(arguments: ["faq.html", "chinese.html", "article.html", "notes.md", "manual.txt", "records.jsonl"])
  func mapsEveryWordToItsSource(name: String) throws {
    let source = try Fixture.bytes(name)
    for row in try Fixture.read(name).rows {
      guard let document = row.document else { continue }
      let text = Array(document.text.utf8)
      var mapped = 0
      for word in words(of: text) {
        guard let range = document.spans.sourceRange(of: word) else { continue }
        let written = String(decoding: text[word], as: UTF8.self)
        // Line ends between Chinese characters are gone from the text.
        let read = String(decoding: source[range], as: UTF8.self).replacing("\n", with: "")
        #expect(read.contains(written), "\(name): \(written) at \(word) maps to \(range): \(read)")
        #expect(row.range.contains(range.lowerBound))
        mapped += 1
      }
      #expect(mapped >= 4)
    }
  }

  @Test func mapsThroughOtherEncodings() throws {
    let source = try Fixture.bytes("gb18030.html")
    let document = try Fixture.document("gb18030.html")
    let text = Array(document.text.utf8)
    let word = Array("天气预报".utf8)
    let start = try #require((0..<text.count - word.count).first { Array(text[$0..<$0 + word.count]) == word })
    let range = try #require(document.spans.sourceRange(of: start..<start + word.count))
    // Two bytes a character in GB18030, three in UTF-8.
    #expect(range.count == 8)
    #expect(Array(source[range]) == [0xCC, 0xEC, 0xC6, 0xF8, 0xD4, 0xA4, 0xB1, 0xA8])
  }

  @Test func mapsEntitiesAndLongRuns() throws {
    let long = String(repeating: "a1 b22 c333 中文 ", count: 600)
    let page = Array("<html><body><p>\(long)</p><p>fish &amp; chips &copy; end</p></body></html>".utf8)
    let document = try HTMLExtractor.extract(page)
    let text = Array(document.text.utf8)
    let last = words(of: text).last!
    #expect(String(decoding: page[document.spans.sourceRange(of: last)!], as: UTF8.self) == "end")
    let sign = text.lastIndex(of: UInt8(ascii: "&"))!
    #expect(String(decoding: page[document.spans.sourceRange(of: sign..<sign + 1)!], as: UTF8.self) == "&amp;")
    for word in words(of: text) {
      let range = try #require(document.spans.sourceRange(of: word))
      #expect(Array(page[range]) == Array(text[word]))
    }
  }

  /// Ranges of runs of ASCII letters and digits and of Chinese characters.
  private func words(of text: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start: Int?
    for (index, byte) in text.enumerated() {
      let isChinese = (0xE4..<0xF0).contains(byte) || ((0x80..<0xC0).contains(byte) && start != nil)
      let isPart = isChinese || (byte < 0x80 && isalnum(Int32(byte)) != 0)
      if isPart, start == nil { start = index }
      if !isPart, let from = start {
        ranges.append(from..<index)
        start = nil
      }
    }
    if let from = start { ranges.append(from..<text.count) }
    return ranges
  }
}
