import Store
import Testing

@Suite struct SpanMapTests {
  private let map = SpanMap(runs: [
    .init(text: 0..<5, source: 10..<15), .init(text: 7..<8, source: 20..<26), .init(text: 8..<300, source: 26..<318),
  ])

  @Test func surviveEncoding() {
    #expect(SpanMap(encoded: map.encoded) == map)
    #expect(SpanMap(encoded: SpanMap().encoded) == SpanMap())
    #expect(SpanMap(encoded: [0x80]) == nil)
    let backwards = SpanMap(runs: [.init(text: 0..<5, source: 100..<105), .init(text: 5..<9, source: 3..<7)])
    #expect(SpanMap(encoded: backwards.encoded) == backwards)
  }

  @Test func copiedBytesMapExactly() {
    #expect(map.sourceRange(of: 1..<4) == 11..<14)
    #expect(map.sourceRange(of: 100..<101) == 118..<119)
  }

  @Test func changedBytesMapToTheWholeRun() {
    #expect(map.sourceRange(of: 7..<8) == 20..<26)
    #expect(map.sourceRange(of: 3..<10) == 13..<28)
  }

  @Test func bytesOfTheExtractorMapToNothing() {
    #expect(map.sourceRange(of: 5..<7) == nil)
    #expect(map.sourceRange(of: 400..<500) == nil)
  }

  @Test func touchingCopiesAreOneRun() {
    var map = SpanMap.identity(count: 4)
    map.append(text: 4..<6, source: 4..<6)
    #expect(map.runs.count == 1)
  }
}
