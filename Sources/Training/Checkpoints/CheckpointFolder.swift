import Foundation
import Models
import Store
import Tensors

/// The checkpoints of one run: `step-000012/` with `state.json` and `tensors.safetensors`.
///
/// A checkpoint is written beside, synchronised and renamed, so that a folder with a step's name is whole.
package struct CheckpointFolder {
  private static let stateName = "state.json"
  private static let tensorsName = "tensors.safetensors"
  private static let unfinished = ".writing-"

  let url: URL

  package init(url: URL) { self.url = url }

  /// Creates the folder and removes what an interrupted write left behind.
  package func prepare() throws {
    try attempt(url) {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      for name in try FileManager.default.contentsOfDirectory(atPath: url.path) where name.hasPrefix(Self.unfinished) {
        try FileManager.default.removeItem(at: url.appendingPathComponent(name))
      }
    }
  }

  /// Saves a checkpoint; one of the same step is replaced.
  package func write(_ state: CheckpointState, tensors: [CheckpointTensor]) throws -> CheckpointRecord {
    let name = Self.name(step: state.step)
    let beside = url.appendingPathComponent(Self.unfinished + name)
    let final = url.appendingPathComponent(name)
    return try attempt(final) {
      try? FileManager.default.removeItem(at: beside)
      try FileManager.default.createDirectory(at: beside, withIntermediateDirectories: true)
      let tensorsFile = beside.appendingPathComponent(Self.tensorsName)
      let named = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
      try SafetensorsWriter.write(tensors.map(\.description), to: tensorsFile) { tensor, sink in
        try sink(UnsafeRawBufferPointer(named[tensor.name]!.bytes))
        named[tensor.name]!.release()
      }
      var state = state
      state.tensorsHash = try ContentHash.ofFile(tensorsFile.path)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      let encoded = try encoder.encode(state)
      try DurableFile.write(encoded, to: beside.appendingPathComponent(Self.stateName))
      try DurableFile.synchronise(beside)
      try? FileManager.default.removeItem(at: final)
      try FileManager.default.moveItem(at: beside, to: final)
      try DurableFile.synchronise(url)
      return CheckpointRecord(step: state.step, path: final.path, hash: ContentHash.of(encoded))
    }
  }

  /// The newest whole checkpoint; damaged ones are passed over with a warning.
  ///
  /// - Throws: `TrainingError.foreignCheckpoint` when it was made with another fingerprint.
  package func latest(fingerprint: String, warn: (String) -> Void) throws -> CheckpointState? {
    for step in steps().reversed() {
      do {
        let state = try read(step: step)
        guard state.fingerprint == fingerprint else {
          throw TrainingError.foreignCheckpoint(path: folder(step).path)
        }
        return state
      } catch let error as TrainingError {
        if case .checkpoint = error { warn("\(error); going back to the one before it") } else { throw error }
      }
    }
    return nil
  }

  /// The state of a checkpoint whose tensors are what was written.
  func read(step: Int) throws -> CheckpointState {
    try attempt(folder(step)) {
      let data = try Data(contentsOf: folder(step).appendingPathComponent(Self.stateName))
      let state = try JSONDecoder().decode(CheckpointState.self, from: data)
      guard try ContentHash.ofFile(tensorsFile(step).path) == state.tensorsHash else {
        throw TrainingError.checkpoint(path: folder(step).path, reason: "its tensors are damaged or cut off")
      }
      return state
    }
  }

  /// Reads a checkpoint's tensors into memory of the same names, types and shapes.
  package func load(step: Int, into tensors: [CheckpointTensor]) throws {
    try attempt(folder(step)) {
      let file = try SafetensorsFile(tensorsFile(step))
      let entries = try tensors.map { try file.entry($0.name) }
      for (target, entry) in zip(tensors, entries) { try target.check(entry) }
      for (target, entry) in zip(tensors, entries) { target.copy(from: entry) }
    }
  }

  /// Removes all but the newest, the best and every n-th checkpoint.
  package func prune(keepLast: Int, keepEvery: Int, best: Int?) {
    for step in steps().dropLast(keepLast) where step != best && (keepEvery == 0 || step % keepEvery != 0) {
      try? FileManager.default.removeItem(at: folder(step))
    }
  }

  /// Removes what is newer than the checkpoint that a run goes on from: it is damaged.
  func remove(after step: Int) {
    for newer in steps() where newer > step { try? FileManager.default.removeItem(at: folder(newer)) }
  }

  /// Steps that have a checkpoint, in ascending order.
  package func steps() -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst("step-".count)) : nil }.sorted()
  }

  private static func name(step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  private func folder(_ step: Int) -> URL { url.appendingPathComponent(Self.name(step: step)) }
  private func tensorsFile(_ step: Int) -> URL { folder(step).appendingPathComponent(Self.tensorsName) }

  private func attempt<Result>(_ url: URL, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError.checkpoint(path: url.path, reason: Self.reason(error))
    }
  }

  /// Foundation's own descriptions are long; the cause beneath them is what a person can act on.
  private static func reason(_ error: any Error) -> String {
    if error is DecodingError { return "its state.json is damaged" }
    if let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError, cause.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(cause.code)))
    }
    return error is ModelError ? "\(error)" : error.localizedDescription
  }
}
