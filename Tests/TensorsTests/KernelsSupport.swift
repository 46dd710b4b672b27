import CKernels
import Testing

/// A level of the kernels that this machine can run, for parameterised tests.
struct KernelLevel: Sendable, CustomTestStringConvertible {
  let raw: UInt32

  var kernels: ck_kernels { ck_table(ck_level(rawValue: raw))!.pointee }
  var testDescription: String { String(cString: ck_level_name(ck_level(rawValue: raw))) }

  static let portable = KernelLevel(raw: CK_PORTABLE.rawValue)
  static let all = [CK_PORTABLE, CK_AVX2, CK_AVX512, CK_NEON].filter { ck_table($0) != nil }
    .map { KernelLevel(raw: $0.rawValue) }
  static let vector = all.filter { $0.raw != CK_PORTABLE.rawValue }
}

/// Deterministic values for tests (SplitMix64).
struct TestNumbers {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func uniform(_ range: ClosedRange<Float> = -1...1) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * Float(bits() >> 40) / Float(1 << 24)
  }

  mutating func vector(_ count: Int, _ range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in uniform(range) }
  }
}

/// Every element within `relative` of the expected one, or within `absolute`; infinities and NaN must be equal in kind.
func expectClose(
  _ actual: [Float], _ expected: [Float], relative: Float = 2e-6, absolute: Float = 1e-6, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, sourceLocation: sourceLocation)
  let bad = zip(actual, expected).enumerated().first { _, pair in
    let (a, e) = pair
    if a == e || (a.isNaN && e.isNaN) { return false }
    return !(abs(a - e) <= max(absolute, relative * abs(e)))
  }
  if let (index, (a, e)) = bad {
    Issue.record("\(what) element \(index): \(a), expected \(e)", sourceLocation: sourceLocation)
  }
}

/// Sizes around the widths of vectors and the widths of real models.
let oddSizes = [1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 576, 577]
