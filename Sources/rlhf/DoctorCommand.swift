import ArgumentParser
import Foundation
import Recipes
import Store
import Tensors
import Terminal

/// `rlhf doctor`: what this machine can do, and whether the store is sound.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Show the processor, the chosen kernels, measured speed and memory, and the store's health.",
    discussion: """
      Example:
        rlhf doctor
      """)

  @OptionGroup var store: StoreOption

  func run() throws {
    var rows = Processor.rows
    rows.append(("kernels", Machine.kernels))
    do {
      let library = try BLAS.summary()
      rows.append(("OpenBLAS", "\(library.core); \(library.configuration)"))
      rows += speed()
    } catch {
      rows.append(("OpenBLAS", "\(error)"))
    }
    rows += Processor.memoryRows
    rows.append(("memory bandwidth", "\(fixed(Machine.bandwidth() / 1e9, 1)) GB/s, \(Threads.count) threads"))
    rows.append(("store", storeHealth()))
    var table = Table([.init(""), .init("")])
    for (name, value) in rows { table.append([name, value]) }
    table.print()
  }

  private func speed() -> [(String, String)] {
    let all = Threads.count
    Threads.count = 1
    let one = Machine.squareProduct(size: 2048, tries: 2)
    Threads.count = all
    let together = all == 1 ? one : Machine.squareProduct(size: 2048, tries: 2)
    return [
      ("2048 square product", "\(fixed(one / 1e9, 0)) GFLOP/s on one thread, \(fixed(together / 1e9, 0)) on \(all)"),
      (
        "arithmetic per byte", "\(fixed(together / Machine.bandwidth(), 0)) operations a byte to be bound by arithmetic"
      ),
    ]
  }

  private func storeHealth() -> String {
    let path = store.path()
    guard FileManager.default.fileExists(atPath: path) else { return "\(path): none yet" }
    do {
      let report = try Store(path: path, access: .readOnly).verify()
      return "\(path): " + (report.isSound ? "sound" : "damaged; see prep verify")
    } catch {
      return "\(error)"
    }
  }
}
