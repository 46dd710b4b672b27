import Store

/// The shares of train, validation and test, and the rules by which a row gets its part.
public struct SplitRatios: Sendable, Codable, Equatable {
  public var train: Double
  public var validation: Double
  public var test: Double

  /// 0.9, 0.05, 0.05.
  public init() { (train, validation, test) = (0.9, 0.05, 0.05) }

  /// - Throws: ``PairsError/badSplit(_:)`` unless the shares are 0 or more, add up to 1, and train is not 0.
  public init(train: Double, validation: Double, test: Double) throws(PairsError) {
    let shares = [train, validation, test]
    guard shares.allSatisfy({ $0 >= 0 && $0 <= 1 }), abs(shares.reduce(0, +) - 1) < 1e-6, train > 0 else {
      throw .badSplit(shares.map { "\($0)" }.joined(separator: ","))
    }
    (self.train, self.validation, self.test) = (train, validation, test)
  }

  /// Parses "0.9,0.05,0.05".
  /// - Throws: ``PairsError/badSplit(_:)``
  public init(parsing text: String) throws(PairsError) {
    let shares = text.split(separator: ",", omittingEmptySubsequences: false).map {
      Double(String($0).trimmingBlankEnds())
    }
    guard shares.count == 3, let train = shares[0], let validation = shares[1], let test = shares[2] else {
      throw .badSplit(text)
    }
    do { try self.init(train: train, validation: validation, test: test) } catch { throw .badSplit(text) }
  }

  /// Assigns every group of documents that repeat one another to one part.
  ///
  /// A group's part depends on its key and the seed alone, so that new documents never move old ones, with one
  /// exception: of five groups or more one is validation (of ten or more one is test) even if the draw gave none.
  /// - Parameter groups: one key for each group; order and repetitions do not matter.
  public func assign(groups: some Sequence<String>, seed: UInt64) -> [String: Split] {
    let draws = Set(groups).map { (key: $0, draw: Self.draw($0, seed)) }.sorted {
      ($0.draw, $0.key) < ($1.draw, $1.key)
    }
    var parts: [String: Split] = [:]
    for (key, draw) in draws { parts[key] = part(of: draw) }
    for (split, share, minimum) in [(Split.validation, validation, 5), (.test, test, 10)] {
      guard share > 0, draws.count >= minimum, !parts.values.contains(split) else { continue }
      // The last of train is the one nearest to the border.
      if let moved = draws.last(where: { parts[$0.key] == .train }) { parts[moved.key] = split }
    }
    return parts
  }

  /// Assigns the phrasings of one intent: at least one stays out of train when there are three, two when four.
  public func assign(phrasings: [String], seed: UInt64) -> [String: Split] {
    let ordered = Set(phrasings).sorted { (Self.draw($0, seed), $0) < (Self.draw($1, seed), $1) }
    func share(_ ratio: Double, minimum: Int) -> Int {
      ratio > 0 && ordered.count >= minimum
        ? min(ordered.count - 1, max(1, Int((ratio * Double(ordered.count)).rounded()))) : 0
    }
    let validationCount = share(validation, minimum: 3)
    // Train keeps at least one phrasing: an intent that it never saw would measure nothing.
    let testCount = min(share(test, minimum: 4), max(0, ordered.count - validationCount - 1))
    var parts: [String: Split] = [:]
    for (index, phrasing) in ordered.enumerated() {
      parts[phrasing] = index < validationCount ? .validation : index < validationCount + testCount ? .test : .train
    }
    return parts
  }

  /// A number in [0, 1) for a key.
  private static func draw(_ key: String, _ seed: UInt64) -> Double {
    var generator = SeededGenerator(seed: seed, purpose: "split:" + key)
    return generator.nextUniform()
  }

  private func part(of draw: Double) -> Split {
    if draw < train { return .train }
    return test == 0 && validation > 0 || draw < train + validation ? .validation : .test
  }
}
