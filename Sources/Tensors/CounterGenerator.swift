import CKernels
import Foundation

/// Random numbers that are a function of (seed, purpose, step, item, counter): nothing to save, nothing to restore.
///
/// Source: SplitMix64's finalizer (Steele, Lea & Flood 2014) over a keyed counter.
public struct CounterGenerator: RandomNumberGenerator, Sendable {
  private let key: UInt64
  private var counter: UInt64 = 0

  public init(seed: UInt64, purpose: String, step: Int = 0, item: Int = 0) {
    var key = Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15)
    for byte in purpose.utf8 { key = Self.mix(key ^ UInt64(byte) &+ 0x9E37_79B9_7F4A_7C15) }
    key = Self.mix(key ^ UInt64(bitPattern: Int64(step)) &* 0xD129_0B26_88D5_2B4B)
    self.key = Self.mix(key ^ UInt64(bitPattern: Int64(item)) &* 0x8CB9_2BA7_2F3D_8DD7)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  public mutating func next() -> UInt64 {
    counter &+= 1
    return Self.mix(key &+ counter &* 0x9E37_79B9_7F4A_7C15)
  }

  /// Uniform in [0, 1), with 24 bits.
  public mutating func nextUniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// Uniform in [0, 1), with 53 bits.
  public mutating func nextUniformDouble() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Standard normal (Box-Muller).
  public mutating func nextNormal() -> Float {
    let radius = (-2 * log(1 - nextUniformDouble())).squareRoot()
    return Float(radius * cos(2 * .pi * nextUniformDouble()))
  }

  /// Writes the next `count` values of `nextNormal()`, each times `deviation`, many at a time.
  public mutating func fillNormals(_ values: UnsafeMutablePointer<Float>, count: Int, deviation: Float) {
    ck_normals(values, key, counter, deviation, count)
    counter &+= 2 * UInt64(count)
  }

  /// The order of an epoch: a permutation of `0..<count` keyed by seed and epoch (Fisher-Yates).
  public static func permutation(count: Int, seed: UInt64, epoch: Int) -> [Int] {
    var order = Array(0..<count)
    var generator = CounterGenerator(seed: seed, purpose: "epoch order", step: epoch)
    order.shuffle(using: &generator)
    return order
  }
}
