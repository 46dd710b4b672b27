import Recipes
import Terminal

/// What `rlhf bench` prints for a person.
struct BenchmarkTable {
  let report: BenchmarkReport
  let options: BenchmarkOptions

  func print() {
    let (limits, output) = (report.limits, Console.output)
    output.line(
      "\(output.styled(report.model, .bold)): \(shortNumber(Double(report.parameters))) weights, "
        + shortBytes(report.weightBytes))
    output.line(
      "\(limits.kernels) kernels, \(limits.threads) \(limits.threads == 1 ? "thread" : "threads"): "
        + "\(fixed(limits.operationsPerSecond / 1e9, 0)) GFLOP/s in a square product, "
        + "\(fixed(limits.bytesPerSecond / 1e9, 1)) GB/s from memory")
    output.line()
    var table = Table([
      .init("work"), .init("tokens/s", .right), .init("arithmetic", .right), .init("bandwidth", .right),
      .init("peak memory", .right), .init("limited by", canShrink: true),
    ])
    for measurement in report.measurements {
      table.append([
        title(measurement.work), shortNumber(measurement.tokensPerSecond), percent(measurement.arithmeticShare),
        percent(measurement.bandwidthShare), shortBytes(measurement.peakMemory), explanation(measurement),
      ])
    }
    table.print()
  }

  private func title(_ work: BenchmarkOptions.Work) -> String {
    switch work {
    case .reading: "read \(options.promptTokens) tokens"
    case .decoding: "answer, 1 at a time"
    case .batch: "answer, \(options.batchSize) at a time"
    case .training: "LoRA step, \(options.promptTokens) tokens a row"
    }
  }

  private func explanation(_ measurement: BenchmarkReport.Measurement) -> String {
    let answers = measurement.work == .batch ? options.batchSize : 1
    guard let passes = measurement.passes, passes * answers < measurement.tokens else { return bound(measurement) }
    return bound(measurement)
      + "; lookahead: \(fixed(Double(measurement.tokens) / Double(passes * answers), 1)) tokens a pass"
  }

  private func bound(_ measurement: BenchmarkReport.Measurement) -> String {
    switch measurement.bound {
    case .arithmetic:
      "arithmetic: \(shortNumber(measurement.operations / Double(measurement.tokens))) operations a token"
    case .bandwidth:
      "memory: \(shortBytes(Int(measurement.bytes / Double(measurement.tokens)))) read for each token"
    case .overhead:
      "overhead: many small operations"
    case .contention:
      "other programs: only \(fixed(measurement.coresUsed, 1)) cores were free for this one"
    }
  }

  private func percent(_ share: Double) -> String { fixed(share * 100, 0) + "%" }
}
