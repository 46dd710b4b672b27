import KernelCases

/// Times calls of one kernel.
enum Timing {
  private static let tries = 7
  private static let leastSeconds = 0.004

  /// Seconds of a call: the median over tries of some milliseconds each.
  static func seconds(_ sizes: UnsafePointer<kernel_case>, _ kernels: UnsafePointer<ck_kernels>) -> Double {
    var memory = kernel_memory_for(sizes, kernels)
    defer { kernel_memory_free(&memory) }
    var calls = 1
    func run() -> Double {
      let start = ContinuousClock.now
      for _ in 0..<calls { kernel_call(kernels, sizes, &memory) }
      return (ContinuousClock.now - start) / .seconds(1)
    }
    _ = run()
    while run() < leastSeconds && calls < 1 << 24 { calls *= 2 }
    let times = (0..<tries).map { _ in run() / Double(calls) }.sorted()
    return times[tries / 2]
  }
}
