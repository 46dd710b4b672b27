import Foundation
import Store

/// Writes the store's pairs or preferences as JSON lines, in the order of their making.
public struct DatasetExporter: Sendable {
  /// Which records are written.
  public enum Kind: String, Sendable, CaseIterable {
    case sft, preference

    /// The formats that can hold them; the first is the default.
    public var formats: [DatasetFormat] {
      switch self {
      case .sft: [.messages, .promptCompletion]
      case .preference: [.preference]
      }
    }
  }

  private let store: Store

  public init(store: Store) { self.store = store }

  /// Writes one file, whole or not at all.
  /// - Parameters:
  ///   - path: the file, or "-" for standard output.
  ///   - split: nil for all.
  /// - Returns: how many records were written.
  /// - Throws: ``DatasetsError``; the file then is as it was.
  @discardableResult
  public func export(_ kind: Kind, format: DatasetFormat? = nil, split: Split? = nil, to path: String) throws -> Int {
    let format = format ?? kind.formats[0]
    guard kind.formats.contains(format) else {
      throw DatasetsError.wrongFormat(
        format: format.rawValue, kind: kind.rawValue, allowed: kind.formats.map(\.rawValue))
    }
    let file = path == "-" ? nil : try AtomicFile(path)
    let output = file?.handle ?? .standardOutput
    var count = 0
    do {
      var buffer = Data()
      try forEachRecord(kind, split) { record in
        guard let line = format.line(record) else { return }
        buffer.append(contentsOf: line.utf8)
        buffer.append(0x0A)
        count += 1
        if buffer.count >= 1 << 18 {
          try output.write(contentsOf: buffer)
          buffer.removeAll(keepingCapacity: true)
        }
      }
      try output.write(contentsOf: buffer)
      guard count > 0 else { throw DatasetsError.nothingToExport(kind: kind.rawValue, split: split?.rawValue) }
      try file?.commit()
    } catch {
      file?.discard()
      if error is DatasetsError || error is StoreError { throw error }
      throw DatasetsError.cannotWrite(path: path, reason: DatasetsError.reason(error))
    }
    return count
  }

  private func forEachRecord(_ kind: Kind, _ split: Split?, _ body: (DatasetRecord) throws -> Void) throws {
    switch kind {
    case .sft:
      for pair in try store.pairs(PairFilter(split: split)) { try body(.conversation(pair.messages)) }
    case .preference:
      for preference in try store.preferences(PreferenceFilter(split: split)) {
        try body(
          .preference(
            prompt: preference.prompt.messages, chosen: preference.chosen.text, rejected: preference.rejected.text))
      }
    }
  }
}
