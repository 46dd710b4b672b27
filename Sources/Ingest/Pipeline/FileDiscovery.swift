import Foundation

/// Finds the files that paths, folders and patterns name, in an order that does not depend on the file system.
struct FileDiscovery {
  struct File: Equatable, Sendable {
    /// Absolute, without `.` and `..`; links are not resolved.
    var path: String
    var size: Int
    /// Seconds since 1970.
    var modified: Double
  }

  /// Files in the order of the arguments, a folder's by name; each path once.
  private(set) var files: [File] = []
  /// Names that cannot be read: a broken link, a device, a folder without permission.
  private(set) var problems: [IngestError] = []
  private var seen: Set<String> = []

  /// Expands arguments.
  ///
  /// - Throws: `IngestError.missing` and `.noMatch`, before anything is read.
  init(paths: [String]) throws {
    for path in paths {
      if let status = status(path) {
        add(absolute(path), status, ancestors: [])
      } else if path.contains(where: { "*?[".contains($0) }) {
        let matches = Glob.matches(absolute(path))
        if matches.isEmpty { throw IngestError.noMatch(pattern: path) }
        for match in matches { if let status = status(match) { add(match, status, ancestors: []) } }
      } else if (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil {
        problems.append(.unreadable(path: path, reason: "the link leads nowhere"))
      } else {
        throw IngestError.missing(path: path)
      }
    }
  }

  private mutating func add(_ path: String, _ status: stat, ancestors: [FolderID]) {
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      guard seen.insert(path).inserted else { return }
      let modified = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
      files.append(File(path: path, size: Int(status.st_size), modified: modified))
    case S_IFDIR: addFolder(path, FolderID(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)), ancestors)
    default: problems.append(.unreadable(path: path, reason: "neither a file nor a folder"))
    }
  }

  private struct FolderID: Equatable {
    var device: UInt64
    var inode: UInt64
  }

  /// Names that begin with a dot are left out, as by the shell.
  private mutating func addFolder(_ path: String, _ id: FolderID, _ ancestors: [FolderID]) {
    // A link to a folder above would never end.
    if ancestors.contains(id) { return }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      problems.append(.unreadable(path: path, reason: String(cString: strerror(errno))))
      return
    }
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where !name.hasPrefix(".") {
      let child = path == "/" ? "/" + name : path + "/" + name
      if let status = status(child) {
        add(child, status, ancestors: ancestors + [id])
      } else {
        problems.append(.unreadable(path: child, reason: "the link leads nowhere"))
      }
    }
  }

  private func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  private func absolute(_ path: String) -> String { FileDiscovery.absolute(path) }

  /// The path from the root, without `.`, `..` and double slashes.
  static func absolute(_ path: String) -> String {
    let full = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    var parts: [Substring] = []
    for part in full.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}

/// Patterns as the shell has them: `*`, `?`, `[…]`, and `**` for any number of folders.
enum Glob {
  /// The paths that match an absolute pattern, by name.
  static func matches(_ pattern: String) -> [String] {
    expand("", pattern.split(separator: "/").map(String.init)[...])
  }

  private static func expand(_ base: String, _ rest: ArraySlice<String>) -> [String] {
    guard let part = rest.first else { return [base] }
    let tail = rest.dropFirst()
    if part == "**" {
      return expand(base, tail) + folders(base).flatMap { expand($0, rest) }
    }
    guard part.contains(where: { "*?[".contains($0) }) else {
      let path = base + "/" + part
      return FileManager.default.fileExists(atPath: path) ? expand(path, tail) : []
    }
    return names(base).filter { fnmatch(part, $0, FNM_PERIOD) == 0 }.flatMap { expand(base + "/" + $0, tail) }
  }

  private static func names(_ folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "/" : folder)) ?? []
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Folders within a folder; links are not followed, so that `**` ends.
  private static func folders(_ folder: String) -> [String] {
    names(folder).filter { !$0.hasPrefix(".") }.map { folder + "/" + $0 }.filter { path in
      var status = stat()
      return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
  }
}
