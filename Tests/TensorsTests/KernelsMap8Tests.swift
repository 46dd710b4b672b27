import CKernels
import Foundation
import Tensors
import Testing

/// 8-bit blocks of the dynamic maps: bitsandbytes' bits on every level, and AdamW over them against the portable level.
@Suite struct KernelsMap8Tests {
  private struct Expected: Decodable {
    let name: String
    let map: [UInt32]
    let values: [UInt32]
    let codes: [UInt8]
    let maxima: [UInt32]
    let expanded: [UInt32]
  }

  private func expected() throws -> [Expected] {
    let url = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/map8.json")
    return try JSONDecoder().decode([Expected].self, from: Data(contentsOf: url))
  }

  private func map(_ name: String) -> DynamicMap { name == "signed" ? .signed : .unsigned }

  /// Without printing both lists when they differ.
  private func expectSame<Number: Equatable>(_ actual: [Number], _ expected: [Number], _ what: String) {
    let different = zip(actual, expected).count { $0 != $1 }
    #expect(actual.count == expected.count && different == 0, "\(what)")
  }

  @Test func mapsAreThoseOfBitsandbytes() throws {
    let all = try expected()
    #expect(all.map(\.name) == ["signed", "unsigned"])
    for wanted in all { expectSame(map(wanted.name).values.map(\.bitPattern), wanted.map, wanted.name) }
  }

  @Test(arguments: KernelLevel.all) func blocksAreThoseOfBitsandbytes(_ level: KernelLevel) throws {
    for wanted in try expected() {
      let map = map(wanted.name).kernel
      let values = wanted.values.map(Float.init(bitPattern:))
      var codes = [UInt8](repeating: 7, count: values.count)
      var maxima = [Float](repeating: 7, count: wanted.maxima.count)
      level.kernels.quantize_map8(&codes, &maxima, values, values.count, map)
      expectSame(codes, wanted.codes, "codes, \(wanted.name)")
      expectSame(maxima.map(\.bitPattern), wanted.maxima, "maxima, \(wanted.name)")
      var back = [Float](repeating: 7, count: values.count)
      level.kernels.expand_map8(&back, codes, maxima, values.count, map)
      expectSame(back.map(\.bitPattern), wanted.expanded, "expanded, \(wanted.name)")
    }
  }

  /// What one step leaves of a parameter and its moments.
  private struct Step {
    var p: [Float]
    var m: [UInt8]
    var mMaxima: [Float]
    var v: [UInt8]
    var vMaxima: [Float]

    init(_ level: KernelLevel, count: Int) {
      var numbers = TestNumbers(4)
      let (signed, unsigned) = (DynamicMap.signed.kernel, DynamicMap.unsigned.kernel)
      p = numbers.vector(count)
      let g = numbers.vector(count)
      let blocks = (count + 255) / 256
      (m, v) = ([UInt8](repeating: 0, count: count), [UInt8](repeating: 0, count: count))
      (mMaxima, vMaxima) = ([Float](repeating: 0, count: blocks), [Float](repeating: 0, count: blocks))
      // The same moments on every level.
      let portable = KernelLevel.portable.kernels
      portable.quantize_map8(&m, &mMaxima, numbers.vector(count), count, signed)
      portable.quantize_map8(&v, &vMaxima, numbers.vector(count, 0...1), count, unsigned)
      level.kernels.adamw_map8(
        &p, g, &m, &mMaxima, &v, &vMaxima, count, signed, unsigned, 0.01, 0.9, 0.99, 1e-8, 0.1, 0.5, 0.25, 0.5)
    }
  }

  @Test(arguments: KernelLevel.vector, oddSizes + [255, 256, 257, 600]) func adamW(_ level: KernelLevel, count: Int) {
    let (actual, expected) = (Step(level, count: count), Step(.portable, count: count))
    expectClose(actual.p, expected.p, "p")
    expectClose(actual.mMaxima, expected.mMaxima, "maxima of the first moment")
    expectClose(actual.vMaxima, expected.vMaxima, "maxima of the second moment")
    // A fused operation may round a number over the border between two codes.
    for (name, codes) in [("first", zip(actual.m, expected.m)), ("second", zip(actual.v, expected.v))] {
      let differences = codes.map { abs(Int($0) - Int($1)) }
      #expect(differences.allSatisfy { $0 <= 1 }, "codes of the \(name) moment")
      #expect(differences.count { $0 > 0 } <= count / 50, "codes of the \(name) moment")
    }
  }

  /// Tiny gradients, whose squares are subnormal, and zeros leave finite numbers.
  @Test(arguments: KernelLevel.all) func vanishingGradients(_ level: KernelLevel) {
    for size: Float in [0, 1e-23, 1e-20, 1e-16] {
      var p: [Float] = [1, 1, 1]
      var (m, v): ([UInt8], [UInt8]) = ([0, 0, 0], [0, 0, 0])
      var (mMaxima, vMaxima): ([Float], [Float]) = ([0], [0])
      for _ in 0..<3 {
        level.kernels.adamw_map8(
          &p, [size, -size, 0], &m, &mMaxima, &v, &vMaxima, 3, DynamicMap.signed.kernel, DynamicMap.unsigned.kernel,
          0.01, 0.9, 0.99, 1e-8, 0, 0.1, 0.01, 1)
      }
      #expect(p.allSatisfy { abs($0 - 1) < 0.04 } && mMaxima[0].isFinite && vMaxima[0].isFinite, "\(size)")
    }
  }
}
