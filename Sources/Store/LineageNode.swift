/// A row of the store with what it was made from, down to source bytes.
public struct LineageNode: Hashable, Sendable, Encodable {
  /// The row's id.
  public var id: String
  /// The type of row, such as `pair`.
  public var kind: String
  /// The row in a few words.
  public var title: String
  /// What it was made from.
  public var children: [LineageNode]
  /// How many further rows it was made from than `children` lists.
  public var omitted: Int

  public init(id: String, kind: String, title: String, children: [LineageNode] = [], omitted: Int = 0) {
    self.id = id
    self.kind = kind
    self.title = title
    self.children = children
    self.omitted = omitted
  }

  /// The tree as lines of text, with box-drawing branches.
  public var lines: [String] {
    let below = children.map(\.lines) + (omitted > 0 ? [["and \(omitted) more"]] : [])
    var lines = ["\(kind) \(id)  \(title)"]
    for (index, branch) in below.enumerated() {
      let isLast = index == below.count - 1
      for (number, line) in branch.enumerated() {
        lines.append((number == 0 ? (isLast ? "└─ " : "├─ ") : (isLast ? "   " : "│  ")) + line)
      }
    }
    return lines
  }
}
