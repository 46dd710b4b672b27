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

  /// Virtual tokens that every segment sees before all else.
  public enum Prefix: Sendable, Hashable {
    case none
    /// So many keys and values of every layer's own; they come before the stream's in k and v.
    case keys(Int)
    /// The first rows of the stream, which no token stands behind.
    case rows(Int)

    public var count: Int {
      switch self {
      case .none: 0
      case .keys(let count), .rows(let count): count
      }
    }
  }

  public private(set) var tokens: [Int32] = []
  /// Position of each token in its own sequence, continued from the parent chain.
  public private(set) var positions: [Int32] = []
  public private(set) var segments: [Segment] = []
  private var ends: [Int] = []
  private var roots: [Int] = []
  public let prefix: Prefix

  public init() { prefix = .none }

  /// The same segments behind virtual tokens; positions go on from theirs.
  public init(_ batch: PackedBatch, prefix: Prefix) {
    self.prefix = prefix
    var shift = 0
    if case .rows(let count) = prefix {
      append([Int32](repeating: 0, count: count), parent: nil, first: 0)
      shift = 1
    }
    for segment in batch.segments {
      append(
        Array(batch.tokens[segment.start..<segment.start + segment.count]), parent: segment.parent.map { $0 + shift })
    }
  }

  /// Rows of the stream.
  public var count: Int { tokens.count }
  /// Rows of k and v that come before those of the stream's tokens.
  public var keyOffset: Int { if case .keys(let count) = prefix { count } else { 0 } }
  /// Rows of the stream that no token stands behind.
  public var rowOffset: Int { if case .rows(let count) = prefix { count } else { 0 } }

  /// Appends a segment and returns its index.
  @discardableResult public mutating func append(_ segment: [Int32], parent: Int? = nil) -> Int {
    append(segment, parent: parent, first: parent.map { ends[$0] } ?? prefix.count)
  }

  @discardableResult private mutating func append(_ segment: [Int32], parent: Int?, first: Int) -> Int {
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

  /// Ranges of k's and v's rows that a segment sees in full before its own, in order; the prefix comes first.
  func ancestors(of index: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var current = segments[index].parent
    while let parent = current {
      let segment = segments[parent]
      if segment.count > 0 { ranges.append(keys(segment.start..<segment.start + segment.count)) }
      current = segment.parent
    }
    if seesPrefix(index) { ranges.append(0..<prefix.count) }
    return ranges.reversed()
  }

  /// Where the keys and values of the stream's rows are.
  func keys(_ rows: Range<Int>) -> Range<Int> { rows.lowerBound + keyOffset..<rows.upperBound + keyOffset }

  /// Whether a segment has virtual tokens before it; those in the stream are a segment themselves, the first.
  func seesPrefix(_ index: Int) -> Bool { prefix.count > 0 && !(rowOffset > 0 && index == 0) }

  /// Segments grouped by their root; groups never see each other, but all see the prefix.
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
