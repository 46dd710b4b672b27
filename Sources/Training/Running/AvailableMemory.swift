import Foundation

/// Memory that this process may still come to hold.
public enum AvailableMemory {
  /// Bytes that are free for it, what it holds already included: the least of what the system can give (MemAvailable)
  /// and what its control group allows; nil where neither is told.
  public static var bytes: Int? {
    let limits = [system, controlGroup].compactMap { $0 }
    return limits.min().map { max(0, $0) + held }
  }

  /// Memory of this process that is no page of a file.
  private static var held: Int { field("/proc/self/status", "RssAnon").map { $0 << 10 } ?? 0 }

  private static var system: Int? { field("/proc/meminfo", "MemAvailable").map { $0 << 10 } }

  /// What the group's limit leaves, pages of files that it would give up included; version 2 or 1.
  private static var controlGroup: Int? {
    let groups = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    for line in groups.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3 else { continue }
      if parts[1].isEmpty {
        if let left = left(parts[2], root: "/sys/fs/cgroup", limit: "memory.max", usage: "memory.current") {
          return left
        }
      } else if parts[1].split(separator: ",").contains("memory") {
        return left(
          parts[2], root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes")
      }
    }
    return nil
  }

  /// The least that a group and those around it leave; inside a container the path may be the host's, and only the root
  /// be there.
  private static func left(_ path: String, root: String, limit: String, usage: String) -> Int? {
    var folder = path == "/" ? "" : path
    var least: Int?
    while true {
      let place = root + folder
      if let most = number("\(place)/\(limit)"), most < 1 << 60, let used = number("\(place)/\(usage)") {
        let clean = field("\(place)/memory.stat", "inactive_file") ?? 0
        least = min(least ?? Int.max, most - used + clean)
      }
      guard let cut = folder.lastIndex(of: "/") else { return least }
      folder = String(folder[..<cut])
    }
  }

  private static func number(_ file: String) -> Int? {
    (try? String(contentsOfFile: file, encoding: .utf8)).flatMap {
      Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }

  private static func field(_ file: String, _ name: String) -> Int? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    let words = text.split(separator: "\n").first { $0.hasPrefix(name) }?.split(whereSeparator: { " \t".contains($0) })
    return words.flatMap { $0.count > 1 ? Int($0[1]) : nil }
  }
}
