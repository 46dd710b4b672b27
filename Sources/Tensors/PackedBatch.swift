/// A packed stream of tokens: segments one after the other, no padding.
///
/// A segment's tokens see themselves causally and all tokens of their parent chain, nothing else. A response's parent
/// is its prompt, so a prompt with several responses is in the stream, and computed, once.
public struct PackedBatch: Sendable {
  public struct Segment: Sendable {
    /// First row in the stream, and number of rows.
    public let start: Int
    public let count: Int
    public let parent: Int?
  }

  public private(set) var tokens: [Int32] = []
  /// Position of each token in its own sequence, continued from the parent chain.
  public private(set) var positions: [Int32] = []
  public private(set) var segments: [Segment] = []
  private var ends: [Int] = []
  private var roots: [Int] = []

  public init() {}

  public var count: Int { tokens.count }

  /// Appends a segment and returns its index.
  @discardableResult public mutating func append(_ segment: [Int32], parent: Int? = nil) -> Int {
    let first = parent.map { ends[$0] } ?? 0
    segments.append(Segment(start: tokens.count, count: segment.count, parent: parent))
    tokens += segment
    positions += (first..<first + segment.count).map(Int32.init)
    ends.append(first + segment.count)
    roots.append(parent.map { roots[$0] } ?? segments.count - 1)
    return segments.count - 1
  }

  /// Row of the last token that a segment's tokens see before themselves: the end of the nearest non-empty parent.
  public func lastRow(ofSegment index: Int) -> Int? {
    var current: Int? = index
    while let segment = current {
      if segments[segment].count > 0 { return segments[segment].start + segments[segment].count - 1 }
      current = segments[segment].parent
    }
    return nil
  }

  /// Ranges of rows that a segment sees in full before its own, in order.
  func ancestors(of index: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var current = segments[index].parent
    while let parent = current {
      let segment = segments[parent]
      if segment.count > 0 { ranges.append(segment.start..<segment.start + segment.count) }
      current = segment.parent
    }
    return ranges.reversed()
  }

  /// Segments grouped by their root; groups never see each other.
  func trees() -> [[Int]] {
    var order: [Int] = []
    var members: [Int: [Int]] = [:]
    for index in segments.indices {
      if members[roots[index]] == nil { order.append(roots[index]) }
      members[roots[index], default: []].append(index)
    }
    return order.map { members[$0]! }
  }
}

/// A token to be predicted, and the stream row whose hidden state predicts it.
public struct Target: Sendable, Hashable {
  public var row: Int
  public var token: Int32

  public init(row: Int, token: Int32) {
    self.row = row
    self.token = token
  }
}
