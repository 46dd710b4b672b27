import Foundation

/// The process's largest resident memory so far.
enum PeakMemory {
  /// Bytes: VmHWM of /proc/self/status; 0 where the system does not tell.
  static var bytes: Int { status("VmHWM:") }

  /// What is resident now, bytes.
  static var current: Int { status("VmRSS:") }

  private static func status(_ name: String) -> Int {
    if let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
      let kilobytes = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap({ Int($0) })
    {
      return kilobytes << 10
    }
    return 0
  }
}

/// The largest resident memory since some moment, although the system counts from the start of the process.
struct PeakSince {
  private let before = PeakMemory.bytes
  private var seen = 0

  /// To be called when much is resident: a later stage may stay below the peak of an earlier one, and then the largest
  /// of these samples is its own.
  mutating func sample() { seen = max(seen, PeakMemory.current) }

  var bytes: Int {
    let now = PeakMemory.bytes
    return now > before ? now : seen
  }
}
