import CKernels
import Models
import Tensors

/// The two moments of one parameter: in f32, or in 8-bit codes of the dynamic maps, 256 of them with one f32 maximum.
struct Moments {
  /// One moment's numbers.
  struct Dense {
    let first: UnsafeMutablePointer<Float>
    let second: UnsafeMutablePointer<Float>
  }

  /// Codes and maxima of both moments; the first has a sign, the second has none.
  struct Blocks {
    let first: UnsafeMutablePointer<UInt8>
    let firstMaxima: UnsafeMutablePointer<Float>
    let second: UnsafeMutablePointer<UInt8>
    let secondMaxima: UnsafeMutablePointer<Float>
  }

  enum Storage {
    case dense(Dense)
    case blocks(Blocks)
  }

  let storage: Storage
  let shape: [Int]
  let memory: MomentMemory

  var count: Int { shape.reduce(1, *) }

  /// Smaller parameters keep f32 moments, as in bitsandbytes: norms and biases are few and matter.
  static let leastQuantized = 4096

  static func isQuantized(count: Int, kind: OptimizerOptions.Kind) -> Bool {
    kind == .adamw8bit && count >= leastQuantized
  }

  private static func blocks(_ count: Int) -> Int { (count + DynamicMap.block - 1) / DynamicMap.block }

  /// Bytes of numbers (or codes) and of maxima of one moment, each of whole pages.
  private static func parts(count: Int, kind: OptimizerOptions.Kind) -> (numbers: Int, maxima: Int) {
    guard isQuantized(count: count, kind: kind) else { return (MomentMemory.aligned(count * 4), 0) }
    return (MomentMemory.aligned(count), MomentMemory.aligned(blocks(count) * 4))
  }

  /// Bytes that both moments of a parameter take.
  static func byteCount(count: Int, kind: OptimizerOptions.Kind) -> Int {
    let parts = parts(count: count, kind: kind)
    return 2 * (parts.numbers + parts.maxima)
  }

  /// - Parameter offset: where in the memory they begin; `byteCount` bytes of it are theirs.
  init(shape: [Int], kind: OptimizerOptions.Kind, memory: MomentMemory, offset: Int) {
    self.shape = shape
    self.memory = memory
    let count = shape.reduce(1, *)
    let parts = Self.parts(count: count, kind: kind)
    let (first, second) = (memory.start + offset, memory.start + offset + parts.numbers)
    if parts.maxima == 0 {
      storage = .dense(
        Dense(first: first.assumingMemoryBound(to: Float.self), second: second.assumingMemoryBound(to: Float.self)))
    } else {
      let maxima = second + parts.numbers
      storage = .blocks(
        Blocks(
          first: first.assumingMemoryBound(to: UInt8.self), firstMaxima: maxima.assumingMemoryBound(to: Float.self),
          second: second.assumingMemoryBound(to: UInt8.self),
          secondMaxima: (maxima + parts.maxima).assumingMemoryBound(to: Float.self)))
    }
  }

  /// Elements whose moments are in the process's memory at once, where they are in a file: a multiple of pages.
  static let portion = 4 << 20

  /// Calls `body` with ranges of elements, each of which begins a block, on all threads; what lies in a file is given
  /// back to the system portion by portion.
  func forRanges(_ body: (Range<Int>) -> Void) {
    let portion = memory.isFile ? Self.portion : max(1, count)
    for start in stride(from: 0, to: count, by: portion) {
      let part = start..<min(count, start + portion)
      Threads.ranges(part.count, grain: 1 << 16) { body(start + $0.lowerBound..<start + $0.upperBound) }
      release(part)
    }
  }

  private func release(_ range: Range<Int>) {
    guard memory.isFile else { return }
    let start = range.lowerBound
    switch storage {
    case .dense(let dense):
      for moment in [dense.first, dense.second] { memory.release(moment + start, bytes: range.count * 4) }
    case .blocks(let blocks):
      for codes in [blocks.first, blocks.second] { memory.release(codes + start, bytes: range.count) }
      for maxima in [blocks.firstMaxima, blocks.secondMaxima] {
        memory.release(maxima + start / DynamicMap.block, bytes: Self.blocks(range.count) * 4)
      }
    }
  }

  /// What a checkpoint saves of them: `first_moment/KEY` and `second_moment/KEY`, F32 or U8, the latter with their
  /// maxima in `first_moment_absmax/KEY` and `second_moment_absmax/KEY`.
  func tensors(key: String) -> [CheckpointTensor] {
    func tensor(_ name: String, _ type: SafetensorsType, _ shape: [Int], _ data: UnsafeMutableRawPointer)
      -> CheckpointTensor
    {
      CheckpointTensor(name: "\(name)/\(key)", type: type, shape: shape, data: data, memory: memory)
    }
    switch storage {
    case .dense(let dense):
      return [
        tensor("first_moment", .float32, shape, dense.first), tensor("second_moment", .float32, shape, dense.second),
      ]
    case .blocks(let blocks):
      let maxima = [Self.blocks(count)]
      return [
        tensor("first_moment", .uint8, shape, blocks.first),
        tensor("first_moment_absmax", .float32, maxima, blocks.firstMaxima),
        tensor("second_moment", .uint8, shape, blocks.second),
        tensor("second_moment_absmax", .float32, maxima, blocks.secondMaxima),
      ]
    }
  }
}
