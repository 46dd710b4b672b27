import Foundation
import Synchronization

/// Whether the person pressed Ctrl-C: the first time stops at the next safe point, the second time at once.
public enum Interruption {
  private static let count = Atomic<Int>(0)

  public static var isRequested: Bool { count.load(ordering: .relaxed) > 0 }

  /// Takes over SIGINT and SIGTERM.
  public static func install() {
    // Touched here, so that the handler never initialises anything.
    _ = count.load(ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        if Interruption.count.wrappingAdd(1, ordering: .relaxed).oldValue > 0 { _exit(130) }
        let text: StaticString = "\ninterrupted: saving, then stopping (again to stop at once)\n"
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
      }
    }
  }
}
