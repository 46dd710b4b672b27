import Foundation
import Synchronization

/// Parallel loops over pieces whose size never depends on the number of threads, so results never do either.
public enum Threads {
  private static let setting = Atomic<Int>(ProcessInfo.processInfo.activeProcessorCount)

  /// Threads that parallel loops use; at least 1. The default is the number of active cores.
  public static var count: Int {
    get { setting.load(ordering: .relaxed) }
    set { setting.store(max(1, newValue), ordering: .relaxed) }
  }

  /// Runs `body(piece, worker)` for every piece in `0..<pieces`; `worker` is below `workers` and is not shared
  /// by two pieces at the same time, so it can index scratch memory.
  public static func forEach(
    _ pieces: Int, workers: Int = count, _ body: (_ piece: Int, _ worker: Int) -> Void
  ) {
    let workers = min(workers, pieces)
    guard workers > 1 else {
      for piece in 0..<max(0, pieces) { body(piece, 0) }
      return
    }
    let next = Atomic<Int>(0)
    withoutActuallyEscaping(body) { body in
      let shared = UncheckedSendable(value: body)
      ThreadPool.shared.run(workers: workers) { worker in
        while true {
          let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
          if piece >= pieces { return }
          shared.value(piece, worker)
        }
      }
    }
  }

  /// The same, but each worker begins with a part of its own and goes on from piece to piece, so that it reads memory in
  /// order; whoever is done with its part helps with the others'.
  package static func forEachInOrder(_ pieces: Int, workers: Int = count, _ body: (_ piece: Int) -> Void) {
    let workers = min(workers, pieces)
    guard workers > 1 else {
      for piece in 0..<max(0, pieces) { body(piece) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafeTemporaryAllocation(of: Atomic<Int>.self, capacity: workers) { next in
        for part in 0..<workers { (next.baseAddress! + part).initialize(to: Atomic(part * pieces / workers)) }
        let shared = UncheckedSendable(value: (next: next.baseAddress!, body: body))
        ThreadPool.shared.run(workers: workers) { worker in
          for part in worker..<worker + workers {
            let part = part % workers
            let end = (part + 1) * pieces / workers
            while true {
              let piece = shared.value.next[part].wrappingAdd(1, ordering: .relaxed).oldValue
              if piece >= end { break }
              shared.value.body(piece)
            }
          }
        }
        (next.baseAddress!).deinitialize(count: workers)
      }
    }
  }

  /// Splits `0..<count` into ranges of `grain` and runs `body` on each, in parallel.
  public static func ranges(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let grain = max(1, grain)
    forEach((count + grain - 1) / grain) { piece, _ in
      body(piece * grain..<min(count, (piece + 1) * grain))
    }
  }
}

/// Carries a value into a concurrent closure whose safety the caller guarantees.
struct UncheckedSendable<Value>: @unchecked Sendable { let value: Value }
