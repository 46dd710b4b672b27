import Foundation
import Terminal

/// What the system says about the processor and the memory.
enum Processor {
  static var rows: [(String, String)] {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return [("processor", "\(field("/proc/cpuinfo", "model name") ?? "unknown"), \(cores) cores")]
  }

  static var memoryRows: [(String, String)] {
    let total = shortBytes(Int(ProcessInfo.processInfo.physicalMemory))
    let available = field("/proc/meminfo", "MemAvailable").map { ", \($0) available" } ?? ""
    var rows = [("memory", total + available)]
    if let setting = try? String(contentsOfFile: "/sys/kernel/mm/transparent_hugepage/enabled", encoding: .utf8) {
      let chosen = setting.split(separator: " ").first { $0.hasPrefix("[") } ?? ""
      rows.append(("huge pages", chosen.filter { $0.isLetter }))
    }
    return rows
  }

  private static func field(_ file: String, _ name: String) -> String? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
  }
}
