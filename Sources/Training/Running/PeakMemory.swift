import Foundation

/// The process's largest resident memory so far.
enum PeakMemory {
  /// Bytes: VmHWM of /proc/self/status; 0 where the system does not tell.
  static var bytes: Int {
    if let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kilobytes = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap({ Int($0) })
    {
      return kilobytes << 10
    }
    return 0
  }
}
