import CKernels
import Foundation
import Tensors
import Terminal

/// What this machine can do, measured.
public enum Machine {
  /// Floating-point operations per second of a square product on all threads.
  public static let peak: Double? = {
    if Products.usesOpenBLAS, (try? BLAS.require()) == nil { return nil }
    return squareProduct(size: 1536, tries: 6)
  }()

  /// Operations per second of `size` × `size` matrices, the best of a few tries on `Threads.count` threads.
  public static func squareProduct(size: Int, tries: Int = 3) -> Double {
    let a = Tensor.zeros([size, size])
    let b = Tensor.zeros([size, size])
    let product = Tensor.zeros([size, size])
    for index in 0..<a.count {
      a.data[index] = Float(index % 7) - 3
      b.data[index] = Float(index % 5) - 2
    }
    var best = 0.0
    for _ in 0..<tries {
      let start = ContinuousClock.now
      Products.timesTransposed(product.data, a.data, b.data, m: size, n: size, k: size)
      let seconds = (ContinuousClock.now - start).seconds
      best = max(best, 2 * Double(size) * Double(size) * Double(size) / seconds)
    }
    return best
  }

  /// The instruction set of the kernels in use.
  public static var kernels: String { String(cString: ck_level_name(ck_current_level())) }

  /// Bytes read and written per second by all threads copying more than the caches hold.
  public static func bandwidth(bytes: Int = 256 << 20) -> Double {
    let count = bytes / MemoryLayout<Float>.size / 2
    let from = Tensor.zeros([count])
    let to = Tensor.zeros([count])
    var best = 0.0
    for _ in 0..<4 {
      let start = ContinuousClock.now
      Threads.ranges(count, grain: 1 << 18) { range in
        memcpy(to.data + range.lowerBound, from.data + range.lowerBound, range.count * MemoryLayout<Float>.size)
      }
      best = max(best, Double(bytes) / (ContinuousClock.now - start).seconds)
    }
    return best
  }

  /// Bytes read per second by all threads from `bytes` of memory, the best of a few tries.
  ///
  /// What fits into a cache is read from there: give it as much as the work in question reads.
  public static func readBandwidth(bytes: Int) -> Double {
    typealias Lane = SIMD8<UInt64>
    let lanes = max(4, bytes / MemoryLayout<Lane>.size)
    let memory = Tensor.zeros([lanes * MemoryLayout<Lane>.size / MemoryLayout<Float>.size])
    memory.fill(1)
    let source = UnsafeRawPointer(memory.data)
    let grain = max(4096, lanes / 64)
    let sums = Tensor.zeros([lanes / grain + 1])
    // Small memory is read many times, so that a try is long enough to be timed.
    let passes = max(1, (64 << 20) / bytes)
    var best = 0.0
    for _ in 0..<4 {
      let start = ContinuousClock.now
      for _ in 0..<passes {
        Threads.ranges(lanes, grain: grain) { range in
          var (a, b, c, d) = (Lane.zero, Lane.zero, Lane.zero, Lane.zero)
          let lane = { (index: Int) in source.load(fromByteOffset: index * MemoryLayout<Lane>.size, as: Lane.self) }
          for index in stride(from: range.lowerBound, to: range.upperBound - 3, by: 4) {
            a ^= lane(index)
            b ^= lane(index + 1)
            c ^= lane(index + 2)
            d ^= lane(index + 3)
          }
          sums.data[range.lowerBound / grain] = Float((a ^ b ^ c ^ d).wrappedSum() & 1)
        }
      }
      best = max(best, Double(passes * lanes * MemoryLayout<Lane>.size) / (ContinuousClock.now - start).seconds)
    }
    return best
  }
}
