import Foundation
import Store
import Testing

@Suite struct ReadingTests {
  private func pair(_ index: Int, split: Split = .train, origin: Pair.Origin = .imported) -> Pair {
    Pair(
      messages: [Message(role: .user, content: "第 \(index) 问"), Message(role: .assistant, content: "答 \"\(index)\"")],
      origin: origin, language: "zh", split: split)
  }

  @Test func pairsAreMetOneAfterAnotherInTheOrderAskedFor() throws {
    let fixture = try StoreFixture()
    let pairs = (0..<40).map { pair($0, split: $0 % 4 == 0 ? .validation : .train) }
    try fixture.store.addPairs(pairs)
    try fixture.store.setPairInvalid(id: pairs[1].id, reason: "too short")
    let expected = pairs.filter { $0.split == .train && $0.id != pairs[1].id }
    var met: [StoredPair] = []
    try fixture.store.forEachPair(PairFilter(split: .train), by: .making) { met.append($0) }
    #expect(met.map(\.id) == expected.map(\.id) && met.map(\.hash) == expected.map(\.hash))
    #expect(try met.map { try $0.messages() } == expected.map(\.messages))
    #expect(met.allSatisfy { $0.origin == .imported && $0.language == "zh" && $0.split == .train })
    met = []
    try fixture.store.forEachPair(PairFilter(split: .train), by: .content) { met.append($0) }
    #expect(met.map(\.hash) == expected.map(\.hash).sorted())
    #expect(try fixture.store.pairCount(PairFilter(split: .train)) == 29)
    #expect(try fixture.store.pairCount() == 39)
  }

  @Test func aPassMayReadButEndsWithTheErrorOfItsBody() throws {
    struct Enough: Error {}
    let fixture = try StoreFixture()
    try fixture.store.addPairs((0..<4).map { pair($0) })
    var seen = 0
    #expect(throws: Enough.self) {
      try fixture.store.forEachPair(by: .content) { outer in
        try fixture.store.forEachPair(by: .content) { _ in seen += 1 }
        #expect(try fixture.store.pair(id: outer.id)?.hash == outer.hash)
        if seen == 8 { throw Enough() }
      }
    }
    #expect(seen == 8)
  }

  @Test func documentsAreHeldOutAsTheirPairsAre() throws {
    let fixture = try StoreFixture()
    let documents = try (0..<6).map { try fixture.addDocument("text \($0)").document }
    try fixture.store.dropDocument(id: documents[5], reason: "duplicate")
    #expect(try !fixture.store.hasValidationDocuments())
    func add(_ pair: Pair, _ document: String) throws {
      try fixture.store.addPairs(
        [pair], sources: [PairSource(pair: pair.id, role: .prompt, document: document, range: 0..<4)])
    }
    try add(pair(0), documents[0])
    try add(pair(1, split: .test), documents[1])
    #expect(try !fixture.store.hasValidationDocuments())
    try add(pair(2, split: .validation), documents[1])
    #expect(try !fixture.store.hasValidationDocuments(), "test outweighs validation")
    try add(pair(3, split: .validation), documents[2])
    let refused = pair(4, split: .validation)
    try add(refused, documents[3])
    try fixture.store.setPairInvalid(id: refused.id, reason: "superseded")
    #expect(try fixture.store.hasValidationDocuments())
    var met: [CorpusEntry] = []
    try fixture.store.forEachCorpusEntry { met.append($0) }
    #expect(met.map(\.textHash) == (0..<5).map { ContentHash.of("text \($0)") }.sorted())
    let held = Dictionary(uniqueKeysWithValues: met.compactMap { entry in entry.heldOut.map { (entry.id, $0) } })
    #expect(held == [documents[1]: .test, documents[2]: .validation])
  }

  @Test func linesHashAsOneText() {
    for lines in [[], ["one"], ["一", "", "three"]] {
      let hasher = ContentHasher()
      for line in lines { hasher.add(line: line) }
      #expect(hasher.finish() == ContentHash.of(lines.joined(separator: "\n")))
    }
  }
}
