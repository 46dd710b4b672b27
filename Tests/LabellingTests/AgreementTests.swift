import Labelling
import Store
import Testing

@Suite struct AgreementTests {
  @Test func kappaOfAKnownTable() throws {
    // 20 both a, 15 both b, 5 and 10 mixed: observed 0.7, expected 0.5, kappa 0.4.
    let verdicts =
      Array(repeating: (Verdict.a, Verdict.a), count: 20) + Array(repeating: (.b, .b), count: 15)
      + Array(repeating: (.a, .b), count: 5) + Array(repeating: (.b, .a), count: 10)
    let agreement = Agreement(first: "x", second: "y", verdicts: verdicts)
    #expect(agreement.shared == 50 && agreement.same == 35)
    #expect(abs(try #require(agreement.kappa) - 0.4) < 1e-12)
    #expect(Agreement(first: "x", second: "y", verdicts: [(.a, .a), (.a, .a)]).kappa == nil)
    #expect(Agreement(first: "x", second: "y", verdicts: []).kappa == nil)
  }

  @Test func onlySharedComparisonsCount() throws {
    let fixture = try LabelFixture(count: 4)
    let scripts: [(String, [Verdict])] = [
      ("mei", [.a, .b, .tie, .skip]), ("tom", [.a, .a, .tie, .a]), ("eve", [.skip]),
    ]
    for (name, verdicts) in scripts {
      let annotator = try fixture.annotator(name)
      try fixture.store.recordJudgements(
        zip(fixture.comparisons, verdicts).map {
          Judgement(comparison: $0.id, annotator: annotator.id, event: .judge($1))
        })
    }
    let all = try Agreement.all(fixture.store)
    #expect(all.count == 1 && all[0].shared == 3 && all[0].same == 2)
  }
}
