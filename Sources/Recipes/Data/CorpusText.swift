import Store

/// The documents' text for tokenizers and pretraining, held-out documents apart, read one after another.
///
/// A document is held out when a pair that came from it is: what measures must never train. Where no document is,
/// one in twenty is drawn by its text's hash, so that there is always something to measure on.
package struct CorpusText {
  private let store: Store
  private let noneHeldOut: Bool

  package init(_ store: Store) throws {
    self.store = store
    noneHeldOut = try !store.hasValidationDocuments()
  }

  /// Calls the body with the documents of a part, by the hash of their text; the body must not write to the store.
  package func forEachEntry(_ split: Split, _ body: (CorpusEntry) throws -> Void) throws {
    var index = 0
    try store.forEachCorpusEntry { entry in
      // Hashes are in order, so every twentieth is as good as a random draw.
      let isDrawn = noneHeldOut && index % 20 == 10
      index += 1
      if (entry.heldOut ?? (isDrawn ? .validation : .train)) == split { try body(entry) }
    }
  }

  /// Calls the body with the texts of a part.
  package func forEachText(_ split: Split, _ body: (_ id: String, _ text: String) throws -> Void) throws {
    try forEachEntry(split) { entry in
      guard let document = try store.document(id: entry.id) else { throw StoreError.notFound(id: entry.id) }
      try body(entry.id, document.text)
    }
  }

  /// The hash of the texts of a part.
  package func hash(_ split: Split) throws -> String {
    let hasher = ContentHasher()
    try forEachEntry(split) { hasher.add(line: $0.textHash) }
    return hasher.finish()
  }
}
