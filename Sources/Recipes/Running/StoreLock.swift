import Foundation

/// Holds a store for one run: an advisory lock on a file beside it, released by the system when the process ends.
public final class StoreLock: Sendable {
  private let descriptor: Int32

  /// - Throws: `RecipeError.locked` naming the holder; `RecipeError.usage` when the folder cannot be written.
  public init(store: String) throws {
    let path = store + ".lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw RecipeError.stage(
        "cannot start", problem: "\(path) cannot be written (\(reason)): choose a store elsewhere with --store FILE")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let holder = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").first.map(String.init)
      close(descriptor)
      throw RecipeError.locked(store: store, holder: holder ?? "unknown")
    }
    ftruncate(descriptor, 0)
    let line = "process \(getpid())\n"
    _ = line.withCString { write(descriptor, $0, strlen($0)) }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
