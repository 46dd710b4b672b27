import CKernels
import Foundation

/// Block scales quantised once more: the mean is subtracted, then blocks of 256 are held as their absolute maximum times
/// an 8-bit dynamic code.
///
/// Source: QLoRA's double quantisation as in bitsandbytes (`quantize_4bit` with `compress_statistics`).
public final class QuantizedScales: @unchecked Sendable {
  /// Scales in a block that shares a maximum.
  public static let block = 256

  let count: Int
  /// One byte a scale.
  public let codes: FixedMemory
  /// f32, one a block.
  public let maxima: FixedMemory
  public let mean: Float
  /// The 256 values that codes stand for.
  public let values: [Float]

  package convenience init(_ scales: UnsafeBufferPointer<Float>) {
    // Summed in double: bitsandbytes sums in f32, in an order that depends on the processor.
    self.init(scales, mean: Float(scales.reduce(0.0) { $0 + Double($1) } / Double(max(1, scales.count))))
  }

  package convenience init(_ scales: UnsafeBufferPointer<Float>, mean: Float) {
    let codes = HeapMemory(bytes: scales.count)
    let blocks = (scales.count + Self.block - 1) / Self.block
    let maxima = HeapMemory(count: blocks)
    Threads.ranges(blocks, grain: 16) { range in
      for block in range {
        let range = block * Self.block..<min(scales.count, (block + 1) * Self.block)
        let largest = range.reduce(Float(0)) { max($0, abs(scales[$1] - mean)) }
        let inverse = largest > 0 ? 1 / largest : 0
        for index in range {
          codes.as(UInt8.self)[index] = DynamicMap.signed.code(min(1, max(-1, (scales[index] - mean) * inverse)))
        }
        maxima.data[block] = largest
      }
    }
    self.init(
      count: scales.count, codes: FixedMemory(codes, byteCount: scales.count),
      maxima: FixedMemory(maxima, byteCount: blocks * MemoryLayout<Float>.size), mean: mean)
  }

  /// Scales that are quantised already, where they lie.
  ///
  /// - Parameters:
  ///   - codes: A byte for each of the `count` scales.
  ///   - maxima: An f32, aligned, for each 256 of them.
  ///   - values: What the 256 codes stand for; nil for the dynamic type's own.
  public init(count: Int, codes: FixedMemory, maxima: FixedMemory, mean: Float, values: [Float]? = nil) {
    let values = values ?? Array(DynamicMap.signed.values)
    let blocks = (count + Self.block - 1) / Self.block
    precondition(codes.byteCount == count && maxima.byteCount == 4 * blocks && values.count == 256)
    self.count = count
    self.codes = codes
    self.maxima = maxima
    self.mean = mean
    self.values = values
  }

  var byteCount: Int { codes.byteCount + maxima.byteCount }

  /// Calls `body` with a range of the scales as f32.
  func with(_ range: Range<Int>, _ body: (UnsafePointer<Float>) -> Void) {
    PackBuffers.with(range.count) { scales in
      values.withUnsafeBufferPointer { values in
        ck_expand_scales(
          scales, codes.as(UInt8.self), maxima.as(Float.self), values.baseAddress!, mean, range.lowerBound, range.count)
      }
      body(scales)
    }
  }
}
