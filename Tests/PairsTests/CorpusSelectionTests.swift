import Pairs
import Testing

@Suite struct CorpusSelectionTests {
  private struct Mined {
    var group: String
    var candidates: [PairCandidate]
  }

  private func document(_ group: String, _ pairs: (String, String)...) -> Mined {
    Mined(
      group: group,
      candidates: pairs.map {
        PairCandidate(
          rule: .questionHeading, prompt: $0.0, response: $0.1, promptRange: 0..<1, responseRanges: [1..<2],
          language: .english)
      })
  }

  private func rejections(_ documents: Mined...) -> [PairRejection?] {
    var selection = CorpusSelection()
    return documents.flatMap { selection.checked($0.candidates, group: $0.group).map(\.rejection) }
  }

  @Test func noQuestionTwice() {
    #expect(
      rejections(
        document("a", ("What is “sid”?", "A."), ("那“sid”呢？", "一。")),
        document("b", ("what is \"sid\"", "B."), ("那 “sid” 呢？", "二。")))
        == [nil, nil, .duplicatePrompt, .duplicatePrompt])
  }

  @Test func rejectedOnesDoNotCount() {
    var first = document("a", ("Why?", ""))
    first.candidates[0].rejection = .emptyAnswer
    #expect(rejections(first, document("b", ("Why?", "Because."))) == [.emptyAnswer, nil])
  }

  @Test func oneLongAnswerDoesNotCrossDocuments() {
    let long = String(repeating: "很长的回答。", count: 60)
    #expect(rejections(document("a", ("甲？", long)), document("b", ("乙？", long + " "))) == [nil, .duplicateAnswer])
    #expect(rejections(document("a", ("甲？", long), ("乙？", long))) == [nil, nil], "one document has one split")
    #expect(rejections(document("a", ("甲？", "是。")), document("b", ("乙？", "是。"))) == [nil, nil])
  }

  @Test func normalisationKeepsWhatTellsQuestionsApart() {
    #expect(PromptNormalisation.key("What is C++?") != PromptNormalisation.key("What is C?"))
    #expect(PromptNormalisation.key("ＡＰＴ 是什么？") == PromptNormalisation.key("apt是什么"))
    #expect(PromptNormalisation.key("a b") != PromptNormalisation.key("ab"))
    #expect(PromptNormalisation.key("？！") == "？！")
  }
}
