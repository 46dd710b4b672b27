import Foundation

/// Files that come into being at once: written in a folder beside their place, then renamed.
struct Draft {
  /// The folder to write into.
  let folder: URL

  /// Writes into a new folder and then moves things to their places, in order.
  ///
  /// - Parameters:
  ///   - output: a place in the folder where the draft lies, and with it the results.
  ///   - write: fills the draft.
  ///   - moves: what of the draft goes where, once it is filled.
  /// - Throws: `RecipeError.usage` for a place that is taken, and what `write` throws; then nothing is left.
  static func write(
    beside output: URL, _ write: (URL) throws -> Void, moves: (URL) -> [(from: URL, to: URL)]
  ) throws {
    let manager = FileManager.default
    let parent = output.deletingLastPathComponent()
    let draft = parent.appendingPathComponent(".\(output.lastPathComponent).draft-\(getpid())")
    let places = moves(draft).map(\.to)
    for place in places where manager.fileExists(atPath: place.path) {
      throw RecipeError.usage("\(place.path) exists already: name a new place with -o")
    }
    try manager.createDirectory(at: draft, withIntermediateDirectories: true)
    defer { try? manager.removeItem(at: draft) }
    try write(draft)
    for move in moves(draft) { try manager.moveItem(at: move.from, to: move.to) }
  }

  /// Writes a folder.
  static func folder(_ output: URL, _ write: (URL) throws -> Void) throws {
    try self.write(beside: output, write) { [($0, output)] }
  }
}
