import Terminal
import Testing

@Suite("Display width")
struct DisplayWidthTests {
  @Test(arguments: [
    ("abc", 3), ("", 0), ("中文", 4), ("，。", 4), ("ｆｕｌｌ", 8), ("ﾊﾝｶｸ", 4), ("한글", 4), ("e\u{301}", 1), ("👍🏽", 2),
    ("👩‍👩‍👧", 2), ("🇨🇳", 2), ("☂\u{FE0F}", 2), ("☂", 1), ("a\u{200B}b", 2), ("é", 1), ("—", 1), ("⌚", 2),
    ("\u{1100}\u{1161}", 2),
    ("\u{7}", 0),
  ])
  func width(text: String, expected: Int) {
    #expect(text.displayWidth == expected)
  }

  @Test func paddingCountsColumns() {
    #expect("中".padded(to: 4) == "中  ")
    #expect("中".padded(to: 5, .right) == "   中")
    #expect("ab".padded(to: 5, .centre) == " ab  ")
    #expect("long".padded(to: 2) == "long")
  }

  @Test func truncationNeverSplitsAWideCharacter() {
    #expect("中文字".truncated(to: 6) == "中文字")
    #expect("中文字".truncated(to: 5) == "中文…")
    #expect("中文字".truncated(to: 4) == "中…")
    #expect("abc".truncated(to: 0) == "")
    #expect("👩‍👩‍👧x👍".truncated(to: 4) == "👩‍👩‍👧x…")
  }

  @Test func printableNeutralisesEscapes() {
    #expect("a\u{1B}[31mb\tc\r\n".printable == "a␛[31mb    c\n")
  }
}
