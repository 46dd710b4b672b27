import Pairs
import Store
import Testing

@Suite struct SplitTests {
  @Test func sharesAreMet() throws {
    let parts = try SplitRatios(train: 0.8, validation: 0.1, test: 0.1).assign(
      groups: (0..<4000).map { "document \($0)" }, seed: 3)
    #expect(parts.count == 4000)
    #expect(abs(parts.values.count { $0 == .train } - 3200) < 120)
    #expect(abs(parts.values.count { $0 == .test } - 400) < 80)
  }

  @Test func oldDocumentsStayWhereTheyAre() {
    let before = SplitRatios().assign(groups: (0..<200).map(String.init), seed: 1)
    let after = SplitRatios().assign(groups: (0..<400).reversed().map(String.init), seed: 1)
    #expect(before.allSatisfy { after[$0.key] == $0.value })
    #expect(before != SplitRatios().assign(groups: (0..<200).map(String.init), seed: 2))
  }

  @Test(arguments: 0..<40) func fiveDocumentsGiveOneToValidation(seed: UInt64) {
    let five = SplitRatios().assign(groups: ["a", "b", "c", "d", "e"], seed: seed)
    #expect(five.values.contains(.validation))
    #expect(five.values.contains(.train))
    let ten = SplitRatios().assign(groups: (0..<10).map(String.init), seed: seed)
    #expect(Set(ten.values) == Set(Split.allCases))
  }

  @Test func aShareOfNothingStaysEmpty() throws {
    let parts = try SplitRatios(parsing: "0.9, 0.1, 0").assign(groups: (0..<300).map(String.init), seed: 0)
    #expect(!parts.values.contains(.test))
    let all = try SplitRatios(parsing: "1,0,0").assign(groups: (0..<30).map(String.init), seed: 0)
    #expect(Set(all.values) == [.train])
  }

  @Test(arguments: ["0.9,0.05", "a,b,c", "0.9,0.2,0.1", "0,0.5,0.5", "-1,1,1", ""])
  func impossibleSharesAreRefused(text: String) {
    #expect(throws: PairsError.badSplit(text)) { try SplitRatios(parsing: text) }
  }
}
