import Store
import Training

/// The reference model's log-probabilities, computed once and kept in the store.
package final class StoredReferences: ReferenceCache {
  private let store: Store
  private let modelHash: String

  /// - Parameter modelHash: The identity of the reference model.
  package init(store: Store, modelHash: String) {
    self.store = store
    self.modelHash = modelHash
  }

  package func values(for keys: [String]) throws -> [String: [Float]] {
    var found: [String: [Float]] = [:]
    for key in keys { found[key] = try store.referenceLogprobs(modelHash: modelHash, tokensHash: key) }
    return found
  }

  package func keep(_ values: [String: [Float]]) throws {
    try store.recordReferenceLogprobs(modelHash: modelHash, values)
  }
}
