import Foundation
import Terminal

/// Time that passed, and time that this process's threads spent on cores meanwhile.
struct Stopwatch {
  struct Lap {
    var seconds: Double
    /// Below 1 even the main thread had to wait: for another program, or for the disk.
    var coresUsed: Double
  }

  private let start = ContinuousClock.now
  private let used = Self.processorSeconds

  var lap: Lap {
    let seconds = (ContinuousClock.now - start).seconds
    return Lap(seconds: seconds, coresUsed: (Self.processorSeconds - used) / max(seconds, 1e-9))
  }

  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
