import Foundation

/// A counter-based random generator: the same (seed, purpose, index) gives the same numbers on every machine.
///
/// One seed serves a whole recipe: each use names its purpose (`"shuffle"`, `"dropout"`), and each item its index, so
/// that no use disturbs another and item 7 draws the same numbers whether or not items 0 to 6 were drawn before.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  /// How many 64-bit words were drawn; store it to continue later at the same place.
  public var counter: UInt64
  private let key: UInt64

  /// - Parameters:
  ///   - seed: the recipe's seed.
  ///   - purpose: what the numbers are for.
  ///   - index: which item of that purpose, such as a step or a row.
  public init(seed: UInt64, purpose: String, index: UInt64 = 0, counter: UInt64 = 0) {
    var key = Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15)
    for byte in purpose.utf8 { key = Self.mix(key ^ UInt64(byte)) }
    self.key = Self.mix(key ^ Self.mix(index &+ 0xD1B5_4A32_D192_ED03))
    self.counter = counter
  }

  /// 64 random bits.
  public mutating func next() -> UInt64 {
    counter &+= 1
    return Self.mix(key &+ counter &* 0x9E37_79B9_7F4A_7C15)
  }

  /// A number in [0, 1) with 53 random bits.
  public mutating func nextUniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number of the normal distribution with mean 0 and deviation 1 (Box and Muller's method).
  public mutating func nextNormal() -> Double {
    let radius = (-2 * log(1 - nextUniform())).squareRoot()
    return radius * cos(2 * .pi * nextUniform())
  }

  /// A number in 0..<bound without bias (Lemire's method).
  public mutating func next(below bound: Int) -> Int {
    precondition(bound > 0, "bound must be positive, got \(bound)")
    let bound = UInt64(bound)
    let threshold = (0 &- bound) % bound
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= threshold { return Int(product.high) }
    }
  }

  /// The elements in random order (Fisher and Yates's method), independent of the standard library's version.
  public mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var elements = elements
    var last = elements.count - 1
    while last > 0 {
      elements.swapAt(last, next(below: last + 1))
      last -= 1
    }
    return elements
  }

  /// SplitMix64's finaliser: every input bit changes every output bit with probability one half.
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
