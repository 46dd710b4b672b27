import ArgumentParser
import Foundation
import Store

/// The options that every command over a store shares.
struct StoreOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The store's file (default: $TOUCHSTONE_STORE, else touchstone.sqlite).", valueName: "file"))
  var store: String?

  @Flag(name: .long, help: "Print machine-readable JSON on standard output.")
  var json = false

  @Flag(name: .long, help: "Print nothing but results and errors.")
  var quiet = false

  /// The store's file: the option, else the environment, else the default name.
  var path: String {
    if let store { return store }
    if let named = ProcessInfo.processInfo.environment["TOUCHSTONE_STORE"], !named.isEmpty { return named }
    return "touchstone.sqlite"
  }

  /// Opens the store for writing; creates it unless `mustExist`.
  func open(mustExist: Bool = false) throws -> Store {
    try Store(path: path, access: mustExist ? .existing : .create)
  }

  /// Opens the store for looking only; nothing is created or changed.
  func openReadOnly() throws -> Store {
    try Store(path: path, access: .readOnly)
  }
}
