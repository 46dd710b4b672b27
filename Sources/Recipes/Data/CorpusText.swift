import Store

/// The documents' text for tokenizers and pretraining, held-out documents apart.
///
/// A document is held out when a pair that came from it is: what measures must never train. Where no document is,
/// one in twenty is drawn by its text's hash, so that there is always something to measure on.
package struct CorpusText {
  package struct Entry {
    package var id: String
    package var hash: String
    package var text: String
  }

  package private(set) var train: [Entry] = []
  package private(set) var validation: [Entry] = []

  package init(_ store: Store) throws {
    var splits: [String: Split] = [:]
    for pair in try store.pairs(PairFilter()) where pair.split != .train {
      for source in try store.sources(ofPair: pair.id) {
        // Test outweighs validation: nothing of it is looked at before the end.
        splits[source.document] = splits[source.document] == .test ? .test : pair.split
      }
    }
    var entries: [Entry] = []
    try store.forEachDocument { entries.append(Entry(id: $0.id, hash: $0.textHash, text: $0.text)) }
    entries.sort { $0.hash < $1.hash }
    let noneHeldOut = !splits.values.contains(.validation)
    for (index, entry) in entries.enumerated() {
      switch splits[entry.id] {
      case .test: break
      case .validation: validation.append(entry)
      default:
        // Hashes are in order, so every twentieth is as good as a random draw.
        if noneHeldOut, index % 20 == 10 { validation.append(entry) } else { train.append(entry) }
      }
    }
  }

  package static func hash(_ entries: [Entry]) -> String {
    ContentHash.of(entries.map(\.hash).joined(separator: "\n"))
  }
}
