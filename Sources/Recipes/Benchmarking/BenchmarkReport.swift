/// What a benchmark of a model found.
public struct BenchmarkReport: Codable, Sendable {
  /// What the machine gives, measured on the same threads.
  public struct Limits: Codable, Sendable {
    public var kernels: String
    public var threads: Int
    /// Floating-point operations per second of a square product.
    public var operationsPerSecond: Double
    /// Bytes per second when as much memory is read as the model's weights take.
    public var bytesPerSecond: Double
  }

  /// What keeps a work from being faster.
  public enum Bound: String, Codable, Sendable {
    case arithmetic
    case bandwidth
    /// Neither is half used: many small operations.
    case overhead
    /// This process did not get the cores: another program has them.
    case contention
  }

  /// One work, measured.
  public struct Measurement: Codable, Sendable {
    public var work: BenchmarkOptions.Work
    /// Tokens that each run read or wrote.
    public var tokens: Int
    /// Passes over the weights of one run that writes answers.
    public var passes: Int?
    /// Of each run, in order.
    public var seconds: [Double]
    public var tokensPerSecond: Double
    /// Cores that worked for this process, on average.
    public var coresUsed: Double
    /// What the mathematics needs for one run.
    public var operations: Double
    /// Bytes of weights, keys and values that one run must read.
    public var bytes: Double
    /// Share of the measured product rate (model FLOP utilisation).
    public var arithmeticShare: Double
    /// Share of the measured bandwidth.
    public var bandwidthShare: Double
    public var bound: Bound
    /// The largest resident memory while this was measured, bytes.
    public var peakMemory: Int
  }

  public var model: String
  public var parameters: Int
  public var weightBytes: Int
  public var limits: Limits
  public var measurements: [Measurement]
}

extension BenchmarkReport.Measurement {
  /// - Parameter laps: of each run; the median counts.
  init(
    work: BenchmarkOptions.Work, tokens: Int, passes: Int?, laps: [Stopwatch.Lap], cost: ModelCost.Need,
    limits: BenchmarkReport.Limits, peakMemory: Int
  ) {
    let time = max(Self.median(laps.map(\.seconds)), 1e-9)
    self.work = work
    self.tokens = tokens
    self.passes = passes
    seconds = laps.map(\.seconds)
    coresUsed = Self.median(laps.map(\.coresUsed))
    tokensPerSecond = Double(tokens) / time
    operations = cost.operations
    bytes = cost.bytes
    arithmeticShare = cost.operations / time / limits.operationsPerSecond
    bandwidthShare = cost.bytes / time / limits.bytesPerSecond
    self.peakMemory = peakMemory
    bound =
      if max(arithmeticShare, bandwidthShare) < 0.5 {
        coresUsed < 0.9 ? .contention : .overhead
      } else {
        arithmeticShare >= bandwidthShare ? .arithmetic : .bandwidth
      }
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
