/// Where runs of a text's tokens were last followed by another token: what was said before may be said again (prompt
/// lookup, Saxena 2023).
package struct NGramIndex {
  package struct Match: Equatable {
    /// Tokens that the text's end has in common with the place that was found.
    package let length: Int
    /// Of the token that followed there.
    package let position: Int

    package init(length: Int, position: Int) {
      self.length = length
      self.position = position
    }
  }

  /// Of the runs that are looked for; the longest goes first.
  package static let lengths = 2...4

  package private(set) var tokens: [Int32]
  private var followers: [SIMD4<Int32>: Int] = [:]
  private var entered = 0

  package init(_ tokens: [Int32]) { self.tokens = tokens }

  package mutating func append(contentsOf more: some Swift.Sequence<Int32>) { tokens.append(contentsOf: more) }

  /// The latest earlier occurrence of the longest run that the text ends with.
  package mutating func match() -> Match? {
    // The run at the end has no follower yet, so that it does not find itself.
    for position in entered..<tokens.count {
      for length in Self.lengths where length <= position { followers[run(before: position, length)] = position }
    }
    entered = tokens.count
    for length in Self.lengths.reversed() where length <= tokens.count {
      if let position = followers[run(before: tokens.count, length)] {
        return Match(length: length, position: position)
      }
    }
    return nil
  }

  /// `count` tokens from a position on; beyond the end they go on with themselves, which continues a loop.
  package func continuation(from position: Int, count: Int) -> [Int32] {
    let period = tokens.count - position
    return (0..<count).map { tokens[position + $0 % period] }
  }

  private func run(before end: Int, _ length: Int) -> SIMD4<Int32> {
    var run = SIMD4<Int32>(repeating: -1)
    for offset in 0..<length { run[offset] = tokens[end - length + offset] }
    return run
  }
}
