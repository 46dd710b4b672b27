import Terminal
import Testing

@Suite("Wrapping")
struct WrappingTests {
  @Test func wordsBreakAtSpaces() {
    #expect(wrap("the quick brown fox", width: 9) == ["the quick", "brown fox"])
    #expect(wrap("one\n\ntwo", width: 10) == ["one", "", "two"])
  }

  @Test func chineseBreaksAnywhereButNotBeforeClosingPunctuation() {
    #expect(wrap("一二三四五。六", width: 8) == ["一二三四", "五。六"])
    #expect(wrap("一二三四。五六", width: 8) == ["一二三", "四。五六"])
    #expect(wrap("一二三（四五）", width: 8) == ["一二三", "（四五）"])
  }

  @Test func mixedTextKeepsLatinWordsWhole() {
    #expect(wrap("使用LoRA微调模型", width: 8) == ["使用LoRA", "微调模型"])
  }

  @Test func longWordsAreCut() {
    #expect(wrap("abcdefghij kl", width: 4) == ["abcd", "efgh", "ij", "kl"])
    #expect(wrap("中文", width: 1) == ["中", "文"])
  }

  @Test func indentationIsKeptAndHanging() {
    #expect(wrap("  - one two three", width: 9, indent: "    ") == ["  - one", "    two", "    three"])
  }

  @Test(arguments: 1...30)
  func linesNeverExceedTheWidthNorLoseText(width: Int) {
    let text = "Touchstone 从文档到模型：supervised fine-tuning，偏好标注（DPO、PPO）。👩‍👩‍👧 done  twice"
    let lines = wrap(text, width: width)
    #expect(lines.allSatisfy { $0.displayWidth <= max(width, 2) })
    #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
  }
}
