import Ingest
import Testing

@Suite struct ChunkerTests {
  @Test func cutsAtHeadingsAndKeepsTheirPath() {
    let text = "# A\n\n## B\n\nOne.\n\nTwo.\n\n## C\n\nThree."
    let pieces = Chunker.pieces(of: text)
    #expect(pieces.map(\.headingPath) == [["A", "B"], ["A", "C"]])
    #expect(pieces.map { slice(text, $0.range) } == ["# A\n\n## B\n\nOne.\n\nTwo.", "## C\n\nThree."])
  }

  @Test func cutsLongTextAtSentenceEnds() {
    let sentence = "水手们把淡水与干粮搬上甲板，等候顺风。"
    let text = "# 航海\n\n" + String(repeating: sentence, count: 30)
    let pieces = Chunker.pieces(of: text, maximum: 100)
    #expect(pieces.count > 5)
    for piece in pieces {
      let part = slice(text, piece.range)
      #expect(part.unicodeScalars.count <= 100)
      #expect(part.hasSuffix("。"))
      #expect(piece.headingPath == ["航海"])
    }
    #expect(pieces.reduce(0) { $0 + $1.range.count } == text.utf8.count)
  }

  @Test func neverLosesText() {
    let text =
      "```\n" + String(repeating: "x", count: 500) + "\n```\n\n- " + String(repeating: "word ", count: 100) + "end"
    let pieces = Chunker.pieces(of: text, maximum: 120)
    let letters = pieces.map { slice(text, $0.range).filter { $0 != " " && $0 != "\n" } }.joined()
    #expect(letters == text.filter { $0 != " " && $0 != "\n" })
  }

  @Test func seesTheBlocksOfLightMarkdown() {
    let text =
      "# H\n\npara\nmore\n\nTerm\n: meaning\n\n  further\n\n- a\n  - b\n\n1. x\n\n```\n# c\n\n```\n\n| t |\n| --- |\n\n> q"
    let kinds = TextBlock.blocks(of: text).map(\.kind)
    #expect(kinds == [.heading(level: 1), .paragraph, .definition, .list, .code, .table, .quote])
    #expect(TextBlock.blocks(of: text).dropFirst().allSatisfy { $0.headingPath == ["H"] })
  }

  private func slice(_ text: String, _ range: Range<Int>) -> String {
    String(decoding: Array(text.utf8)[range], as: UTF8.self)
  }
}
