/// A page as libxml2 understood it, in flat arrays: nodes are in document order, so a parent comes before its
/// children and the nodes below `n` are exactly `n + 1 ..< subtreeEnd[n]`.
final class HTMLTree {
  struct Node {
    var tag: HTMLTag
    var parent: Int32
    var firstChild: Int32 = -1
    var lastChild: Int32 = -1
    var next: Int32 = -1
    /// For text: bytes of `bytes`. For elements: entries of `attributes`.
    var contents: Range<Int32>
    /// Bytes of the page this text was read from; empty for elements.
    var source: Range<Int32> = 0..<0
  }

  struct Attribute {
    var name: HTMLAttribute
    var value: Range<Int32>
  }

  /// Deeper elements become children of the one at this depth, so that a walk of the tree cannot exhaust the stack.
  static let maximumDepth = 120

  var nodes: [Node] = []
  var bytes: [UInt8] = []
  var attributes: [Attribute] = []
  private(set) var subtreeEnd: [Int32] = []
  /// The words of attribute values by a hash of the value.
  private var splitValues: [UInt64: [String]] = [:]

  /// Adds a node as the last child of `parent` and returns its index.
  func append(_ node: Node) -> Int32 {
    let index = Int32(nodes.count)
    nodes.append(node)
    if node.parent >= 0 {
      let parent = Int(node.parent)
      if nodes[parent].lastChild < 0 {
        nodes[parent].firstChild = index
      } else {
        nodes[Int(nodes[parent].lastChild)].next = index
      }
      nodes[parent].lastChild = index
    }
    return index
  }

  /// Works out where each subtree ends; called once, when the tree is complete.
  func seal() {
    subtreeEnd = (0..<Int32(nodes.count)).map { $0 + 1 }
    for index in nodes.indices.reversed() where nodes[index].parent >= 0 {
      let parent = Int(nodes[index].parent)
      subtreeEnd[parent] = max(subtreeEnd[parent], subtreeEnd[index])
    }
  }

  func tag(_ node: Int) -> HTMLTag { nodes[node].tag }

  /// The indices of a node's children, in order.
  func children(_ node: Int) -> ChildSequence {
    ChildSequence(tree: self, current: nodes[node].firstChild)
  }

  func descendants(_ node: Int) -> Range<Int> { node + 1..<Int(subtreeEnd[node]) }

  func attribute(_ name: HTMLAttribute, of node: Int) -> String? {
    guard nodes[node].tag != .text else { return nil }
    for entry in nodes[node].contents where attributes[Int(entry)].name == name {
      let value = attributes[Int(entry)].value
      return String(decoding: bytes[Int(value.lowerBound)..<Int(value.upperBound)], as: UTF8.self)
    }
    return nil
  }

  func has(_ name: HTMLAttribute, _ node: Int) -> Bool {
    nodes[node].tag != .text && nodes[node].contents.contains { attributes[Int($0)].name == name }
  }

  /// The class names of an element, in lower case.
  func classNames(of node: Int) -> [String] { words(.class, of: node) }

  /// The class names and the id of an element, in lower case.
  func names(of node: Int) -> [String] { words(.class, of: node) + words(.id, of: node) }

  private func words(_ name: HTMLAttribute, of node: Int) -> [String] {
    guard nodes[node].tag != .text else { return [] }
    for entry in nodes[node].contents where attributes[Int(entry)].name == name {
      let range = attributes[Int(entry)].value
      let value = bytes[Int(range.lowerBound)..<Int(range.upperBound)]
      // Pages repeat a few values thousands of times.
      let key = value.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
      if let known = splitValues[key] { return known }
      let words = String(decoding: value, as: UTF8.self).lowercased().split { $0 == " " || $0 == "\n" || $0 == "\t" }
      splitValues[key] = words.map(String.init)
      return splitValues[key] ?? []
    }
    return []
  }

  /// The text below a node with blanks collapsed, without any markup.
  func plainText(_ node: Int) -> String {
    var words: [UInt8] = []
    for child in descendants(node) where nodes[child].tag == .text {
      let range = nodes[child].contents
      words += bytes[Int(range.lowerBound)..<Int(range.upperBound)]
    }
    let text = String(decoding: words, as: UTF8.self)
    return text.split { $0.isWhitespace || $0 == "\u{A0}" }.joined(separator: " ")
  }

  struct ChildSequence: Sequence, IteratorProtocol {
    let tree: HTMLTree
    var current: Int32

    mutating func next() -> Int? {
      if current < 0 { return nil }
      defer { current = tree.nodes[Int(current)].next }
      return Int(current)
    }
  }
}
