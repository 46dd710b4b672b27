import CKernels
import Foundation

/// A dynamic 8-bit data type (8-Bit Approximations for Parallelism in Deep Learning, Dettmers 2016): seven decades
/// below 1, each with twice the fractions of the one below, and 0 and 1.
///
/// Source: `create_dynamic_map` of bitsandbytes, and its look-up on a CPU, which rounds to 2^16 evenly spaced numbers in
/// [-1, 1] first.
public final class DynamicMap: @unchecked Sendable {
  /// Both signs, 1 to 64 fractions a decade.
  public static let signed = DynamicMap(isSigned: true)
  /// Numbers that are not negative, 2 to 128 fractions a decade.
  public static let unsigned = DynamicMap(isSigned: false)

  /// Numbers that share a largest magnitude.
  public static let block = Int(CK_MAP8_BLOCK)

  private let numbers: HeapMemory
  private let grid: HeapMemory

  private static let gridSize = 1 << 16

  private init(isSigned: Bool) {
    var values: [Float] = [0, 1]
    for decade in 0..<7 {
      let boundaries = Self.linear(from: 0.1, to: 1, count: (isSigned ? 1 << decade : 2 << decade) + 1)
      let scale = Float(pow(10, Double(decade - 6)))
      for (low, high) in zip(boundaries, boundaries.dropFirst()) {
        let mean = scale * ((low + high) / 2)
        values += isSigned ? [mean, -mean] : [mean]
      }
    }
    values.sort()
    numbers = HeapMemory(count: values.count)
    numbers.data.update(from: values, count: values.count)
    grid = HeapMemory(bytes: Self.gridSize + 3)  // kernels read four bytes for one
    let bounds = zip(values, values.dropFirst()).map { ($0 + $1) / 2 }
    var code = 0
    for index in 0..<Self.gridSize {
      let number = -1 + 2 * Float(index) / Float(Self.gridSize - 1)
      while code < bounds.count && bounds[code] < number { code += 1 }
      grid.as(UInt8.self)[index] = UInt8(code)
    }
  }

  /// The numbers of the 256 codes, ascending.
  package var values: UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: numbers.data, count: 256) }

  /// The map as kernels read it; valid for good.
  public var kernel: ck_map8 { ck_map8(values: numbers.data, codes: grid.as(UInt8.self)) }

  /// The code of a number in [-1, 1].
  func code(_ value: Float) -> UInt8 {
    grid.as(UInt8.self)[min(Self.gridSize - 1, Int((value + 1) * 32767.5 + 0.5))]
  }

  /// Evenly spaced f32 values, filled from both ends by fused operations, as `torch.linspace` does on processors that
  /// have them.
  private static func linear(from start: Float, to end: Float, count: Int) -> [Float] {
    let step = (end - start) / Float(count - 1)
    return (0..<count).map { index in
      index < count / 2
        ? start.addingProduct(step, Float(index)) : end.addingProduct(-step, Float(count - 1 - index))
    }
  }
}
