import CKernels
import Foundation
import Synchronization

/// Threads that wait for a loop, work on it together with the thread that started it, and wait again.
///
/// A waiting thread spins for some tens of microseconds, which is what lies between two loops of a pass, and then sleeps,
/// so that an idle pool costs nothing and another program gets its core.
final class ThreadPool: @unchecked Sendable {
  static let shared = ThreadPool()

  /// What a loop runs, once for each thread that takes part.
  private typealias Body = (_ worker: Int) -> Void

  private let isBusy = Atomic<Bool>(false)
  /// Odd while a loop is open to workers.
  private let epoch = Atomic<Int>(0)
  /// Workers inside the open loop.
  private let active = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let ownerSleeps = Atomic<Bool>(false)
  private var body: Body = { _ in }
  private var limit = 0
  private var started = 0
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  private static let spins = 1500

  private init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wake, nil)
    pthread_cond_init(done, nil)
  }

  /// Runs `body(worker)` on the calling thread (worker 0) and on up to `workers - 1` others, and returns when all have
  /// returned. Where a loop is running already, the calling thread does everything alone.
  func run(workers: Int, _ body: @escaping (_ worker: Int) -> Void) {
    guard !isBusy.exchange(true, ordering: .acquiring) else { return body(0) }
    start(workers - 1)
    self.body = body
    limit = workers - 1
    epoch.wrappingAdd(1, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      pthread_mutex_lock(mutex)
      pthread_cond_broadcast(wake)
      pthread_mutex_unlock(mutex)
    }
    body(0)
    epoch.wrappingAdd(1, ordering: .sequentiallyConsistent)
    waitForWorkers()
    self.body = { _ in }
    isBusy.store(false, ordering: .releasing)
  }

  private func waitForWorkers() {
    for _ in 0..<Self.spins {
      if active.load(ordering: .sequentiallyConsistent) == 0 { return }
      ck_relax()
    }
    pthread_mutex_lock(mutex)
    ownerSleeps.store(true, ordering: .sequentiallyConsistent)
    while active.load(ordering: .sequentiallyConsistent) > 0 { pthread_cond_wait(done, mutex) }
    ownerSleeps.store(false, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }

  private func start(_ count: Int) {
    while started < count {
      let index = started
      started += 1
      let thread = Thread { [self] in serve(index) }
      thread.name = "touchstone \(index + 1)"
      thread.stackSize = 4 << 20  // kernels keep rounded rows on the stack
      thread.start()
    }
  }

  /// A worker's life.
  private func serve(_ index: Int) {
    var seen = 0
    while true {
      seen = waitForLoop(after: seen)
      active.wrappingAdd(1, ordering: .sequentiallyConsistent)
      // Counted in before the loop is looked at again: whoever closes it either waits for this thread or is seen here.
      if epoch.load(ordering: .sequentiallyConsistent) == seen && index < limit { body(index + 1) }
      let left = active.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
      if left == 0 && ownerSleeps.load(ordering: .sequentiallyConsistent) {
        pthread_mutex_lock(mutex)
        pthread_cond_signal(done)
        pthread_mutex_unlock(mutex)
      }
    }
  }

  /// The number of an open loop that is not `seen`.
  private func waitForLoop(after seen: Int) -> Int {
    func fresh() -> Int? {
      let now = epoch.load(ordering: .sequentiallyConsistent)
      return now % 2 == 1 && now != seen ? now : nil
    }
    for _ in 0..<Self.spins {
      if let now = fresh() { return now }
      ck_relax()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    defer { sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
    while true {
      if let now = fresh() { return now }
      pthread_cond_wait(wake, mutex)
    }
  }
}
