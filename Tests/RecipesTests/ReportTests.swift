import Recipes
import Testing

@Suite("Charts")
struct ReportTests {
  @Test(arguments: [(0.0, 1.0), (0.013, 0.0148), (-3.2, 7.9), (5.0, 5.0), (0.0, 0.0), (1e-9, 2e-9), (1e6, 1.2e6)])
  func ticksEncloseTheRange(low: Double, high: Double) {
    let ticks = LineChart.ticks(low, high)
    #expect((2...7).contains(ticks.count))
    #expect(ticks.first! <= low + 1e-12 && ticks.last! >= high - 1e-12)
    #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func titlesAreEscapedAndNotANumberIsLeftOut() {
    let svg = LineChart(title: "损失 <a&b>", points: [(1, 2.0), (2, .nan), (3, 1.0)]).svg
    #expect(svg.contains("损失 &lt;a&amp;b&gt;"))
    #expect(!svg.contains("nan"))
    #expect(LineChart(title: "x", points: []).svg.isEmpty)
  }
}
