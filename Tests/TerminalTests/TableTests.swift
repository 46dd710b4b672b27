import Terminal
import Testing

@Suite("Table")
struct TableTests {
  @Test func columnsLineUpByDisplayWidth() {
    var table = Table([.init("name"), .init("n", .right)])
    table.append(["中文", "12"])
    table.append(["a", "3"])
    #expect(table.lines() == ["name   n", "中文  12", "a      3"])
  }

  @Test func shrinkableColumnsGiveWay() {
    var table = Table([.init("text", canShrink: true), .init("n", .right)])
    table.append(["a long text that will be cut", "1"])
    #expect(table.lines(width: 14) == ["text         n", "a long tex…  1"])
  }

  @Test func stylesAreAppliedOnlyWithColour() {
    let plain = Console(descriptor: 1, isInteractive: false, hasColour: false)
    let coloured = Console(descriptor: 1, isInteractive: true, hasColour: true)
    #expect(plain.styled("x", .bold) == "x")
    #expect(coloured.styled("x", .bold + .red) == "\u{1B}[1;31mx\u{1B}[0m")
  }
}
