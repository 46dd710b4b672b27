import CKernels
import Foundation
import Tensors
import Testing

/// Normal numbers, many at a time: the same bits as one after another through libm.
@Suite struct KernelsNormalsTests {
  @Test(arguments: KernelLevel.all) func everyLevelGivesTheBitsOfLibm(_ level: KernelLevel) {
    let key: UInt64 = 0x0123_4567_89AB_CDEF
    for (counter, count) in [(UInt64(0), 1), (3, 127), (40, 129), (1000, 400_000)] {
      var fast = [Float](repeating: -9, count: count + 1)
      level.kernels.normals(&fast, key, counter, 0.02, count)
      let slow = (0..<count).map { one(key, counter + 2 * UInt64($0)) * 0.02 }
      #expect(fast.dropLast().map(\.bitPattern) == slow.map(\.bitPattern), "\(count) from \(counter)")
      #expect(fast.last == -9)
    }
  }

  @Test func aGeneratorGoesOnWhereManyLeftIt() {
    var one = CounterGenerator(seed: 5, purpose: "normals", item: 3)
    var many = one
    let slow = (0..<1000).map { _ in one.nextNormal() * 0.5 }
    var fast = [Float](repeating: 0, count: 1000)
    fast.withUnsafeMutableBufferPointer { values in
      many.fillNormals(values.baseAddress!, count: 300, deviation: 0.5)
      many.fillNormals(values.baseAddress! + 300, count: 700, deviation: 0.5)
    }
    #expect(fast == slow)
    #expect(one.next() == many.next())
  }

  private func one(_ key: UInt64, _ counter: UInt64) -> Float {
    func uniform(_ counter: UInt64) -> Double {
      var z = key &+ counter &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
    }
    let radius = (-2 * log(1 - uniform(counter + 1))).squareRoot()
    return Float(radius * cos(2 * .pi * uniform(counter + 2)))
  }
}
