import Terminal
import Testing

@Suite("Progress")
struct ProgressTests {
  @Test func lineShowsRateAndTimeLeft() {
    let line = ProgressLine(title: "sft", done: 50, total: 200, unit: "steps", note: "", elapsed: .seconds(10))
    let text = line.text(columns: 80)
    #expect(text.contains("50/200 steps"))
    #expect(text.contains("5/s"))
    #expect(text.contains("ETA 30 s"))
    #expect(text.displayWidth <= 80)
    #expect(line.text(columns: 20).displayWidth <= 20)
  }

  @Test(arguments: [
    (0.0, "0"), (950, "950"), (12_345, "12.3k"), (4_560_000, "4.56M"), (0.0123, "0.012"), (5, "5"), (999_999, "1M"),
    (100, "100"), (-2.5, "-2.5"),
  ])
  func numbers(value: Double, text: String) {
    #expect(shortNumber(value) == text)
  }

  @Test func durationsAndBytes() {
    #expect(shortDuration(0.42) == "0.4 s")
    #expect(shortDuration(185) == "3 min 05 s")
    #expect(shortDuration(7800) == "2 h 10 min")
    #expect(shortBytes(1_572_864) == "1.5 MiB")
    #expect(fixed(-0.001, 2) == "0.00")
    #expect(fixed(1.005, 1) == "1.0")
  }
}
