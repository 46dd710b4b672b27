import CKernels
import Foundation

/// Block scales quantised once more: the mean is subtracted, then blocks of 256 are held as their absolute maximum times
/// an 8-bit dynamic code.
///
/// Source: QLoRA's double quantisation as in bitsandbytes (`quantize_4bit` with `compress_statistics`).
package final class QuantizedScales: @unchecked Sendable {
  let count: Int
  private let codes: HeapMemory
  package let maxima: [Float]
  package let mean: Float

  private static let block = 256

  package convenience init(_ scales: UnsafeBufferPointer<Float>) {
    // Summed in double: bitsandbytes sums in f32, in an order that depends on the processor.
    self.init(scales, mean: Float(scales.reduce(0.0) { $0 + Double($1) } / Double(max(1, scales.count))))
  }

  package init(_ scales: UnsafeBufferPointer<Float>, mean: Float) {
    count = scales.count
    let codes = HeapMemory(bytes: scales.count)
    var maxima: [Float] = []
    for first in stride(from: 0, to: scales.count, by: Self.block) {
      let range = first..<min(scales.count, first + Self.block)
      let largest = range.reduce(Float(0)) { max($0, abs(scales[$1] - mean)) }
      let inverse = largest > 0 ? 1 / largest : 0
      for index in range {
        codes.as(UInt8.self)[index] = DynamicMap.code(min(1, max(-1, (scales[index] - mean) * inverse)))
      }
      maxima.append(largest)
    }
    self.codes = codes
    self.maxima = maxima
    self.mean = mean
  }

  package var codeArray: [UInt8] { Array(UnsafeBufferPointer(start: codes.as(UInt8.self), count: count)) }
  var byteCount: Int { codes.byteCount + maxima.count * MemoryLayout<Float>.size }

  /// Calls `body` with a range of the scales as f32.
  func with(_ range: Range<Int>, _ body: (UnsafePointer<Float>) -> Void) {
    PackBuffers.with(range.count) { scales in
      DynamicMap.values.withUnsafeBufferPointer { values in
        maxima.withUnsafeBufferPointer { maxima in
          let codes = codes.as(UInt8.self)
          for index in range {
            scales[index - range.lowerBound] = values[Int(codes[index])] * maxima[index / Self.block] + mean
          }
        }
      }
      body(scales)
    }
  }
}

/// The signed dynamic 8-bit data type (8-Bit Approximations for Parallelism in Deep Learning, Dettmers 2016): seven
/// decades below 1, each with twice the fractions of the one below, and 0 and 1.
enum DynamicMap {
  static let values: [Float] = {
    var values: [Float] = [0, 1]
    for decade in 0..<7 {
      let count = 1 << decade
      let boundaries = linear(from: 0.1, to: 1, count: count + 1)
      let scale = pow(10, Double(decade - 6))
      for (low, high) in zip(boundaries, boundaries.dropFirst()) {
        let mean = Float(scale) * ((low + high) / 2)
        values += [mean, -mean]
      }
    }
    return values.sorted()
  }()

  /// The codes of 2^16 evenly spaced numbers in [-1, 1].
  private static let grid: [UInt8] = {
    let bounds = zip(values, values.dropFirst()).map { ($0 + $1) / 2 }
    var code = 0
    return (0..<65536).map { index in
      let number = -1 + 2 * Float(index) / 65535
      while code < bounds.count && bounds[code] < number { code += 1 }
      return UInt8(code)
    }
  }()

  /// The code of a number in [-1, 1]: that of the nearest point of the grid, as bitsandbytes looks it up on a CPU.
  static func code(_ value: Float) -> UInt8 { grid[min(65535, Int((value + 1) * 32767.5 + 0.5))] }

  /// Evenly spaced f32 values, filled from both ends as `torch.linspace` does.
  private static func linear(from start: Float, to end: Float, count: Int) -> [Float] {
    let step = (end - start) / Float(count - 1)
    return (0..<count).map { $0 < count / 2 ? start + step * Float($0) : end - step * Float(count - 1 - $0) }
  }
}
