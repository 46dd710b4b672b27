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
        codes.as(UInt8.self)[index] = DynamicMap.signed.code(min(1, max(-1, (scales[index] - mean) * inverse)))
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
      let values = DynamicMap.signed.values
      maxima.withUnsafeBufferPointer { maxima in
        let codes = codes.as(UInt8.self)
        for index in range {
          scales[index - range.lowerBound] = values[Int(codes[index])] * maxima[index / Self.block] + mean
        }
      }
      body(scales)
    }
  }
}
