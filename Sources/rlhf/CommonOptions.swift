import ArgumentParser
import Foundation
import Tensors

/// Where the store is.
struct StoreOption: ParsableArguments {
  @Option(
    name: .customLong("store"),
    help: ArgumentHelp("The store's file (default: $TOUCHSTONE_STORE, else touchstone.sqlite).", valueName: "file"))
  var given: String?

  /// The option, else the environment, else `fallback`.
  func path(fallback: String? = nil) -> String {
    if let given { return given }
    if let named = ProcessInfo.processInfo.environment["TOUCHSTONE_STORE"], !named.isEmpty { return named }
    return fallback ?? "touchstone.sqlite"
  }
}

/// How many threads compute.
struct ThreadsOption: ParsableArguments {
  @Option(help: ArgumentHelp("Threads that compute (default: one per core).", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1, not \(threads)") }
  }

  func apply() { if let threads { Threads.count = threads } }
}

/// How weights are kept.
struct WeightsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep the weights as f32, bf16, int8 or nf4: fewer bits are smaller and rounder (default: what the folder holds).",
      valueName: "format"))
  var weights: WeightFormat?
}

extension WeightFormat: ExpressibleByArgument {}
extension MatmulPrecision: ExpressibleByArgument {}
