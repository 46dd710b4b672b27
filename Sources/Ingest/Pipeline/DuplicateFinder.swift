import Dispatch
import Store

/// Finds documents whose text is in the store already, whole or nearly so.
///
/// Documents are compared in an order of their own (structured before plain text, then by name), so the outcome does
/// not depend on when each was read. A document is `duplicate` when all its words are those of an earlier one, and
/// `near-duplicate` when at least the given share of its five-word sequences stands in earlier kept documents
/// together: so a book in one text file is found to repeat its chapters.
struct DuplicateFinder {
  /// The share of known sequences from which a document is dropped, 0 to 1; nil to look for exact copies only.
  var threshold: Double?

  /// Fewer sampled sequences than this are no evidence.
  static let minimumSample = 8

  struct Outcome: Equatable {
    var document: String
    var reason: String?
    var duplicateOf: String?
    /// The share of known sequences.
    var score: Double
  }

  /// Compares all documents anew and stores the changes, unless that was done for the same documents before.
  ///
  /// - Returns: how many documents changed between kept and dropped.
  @discardableResult
  func run(on store: Store) throws -> Int {
    let outlines = try store.documentOutlines().filter { outline in
      switch outline.dropReason {
      case nil, "duplicate", "near-duplicate": true
      default: false
      }
    }
    let ranked = outlines.enumerated().sorted { left, right in
      let (first, second) = (DuplicateFinder.rank(left.element), DuplicateFinder.rank(right.element))
      return (first, left.offset) < (second, right.offset)
    }.map(\.element)
    let fingerprint = self.fingerprint(of: ranked)
    if try store.stageResult(stage: "duplicates", fingerprint: fingerprint) != nil { return 0 }
    var state = State(threshold: threshold)
    var changes = 0
    for start in stride(from: 0, to: ranked.count, by: 256) {
      let batch = Array(ranked[start..<min(start + 256, ranked.count)])
      let shingles = try fingerprints(of: batch, in: store)
      try store.atomically {
        for (outline, shingles) in zip(batch, shingles) {
          if try apply(state.judge(outline.id, shingles), to: outline, in: store) { changes += 1 }
        }
      }
    }
    try store.recordStageResult(StageResult(stage: "duplicates", fingerprint: fingerprint))
    return changes
  }

  private func fingerprint(of outlines: [DocumentOutline]) -> String {
    let texts = outlines.map { "\($0.id) \($0.textHash) \($0.uri ?? "")" }.joined(separator: "\n")
    return Fingerprint.ofStage(
      "duplicates", version: 1, parameters: ["threshold": threshold.map(JSONValue.double) ?? .null],
      inputs: [ContentHash.of(texts)], seed: 0)
  }

  /// Text files come last: the same text with its structure is worth more.
  private static func rank(_ outline: DocumentOutline) -> Int { outline.mediaType == "text/plain" ? 1 : 0 }

  private func fingerprints(of batch: [DocumentOutline], in store: Store) throws -> [Shingles] {
    let texts = try batch.map { try store.document(id: $0.id)?.text ?? "" }
    return Parallel.map(texts) { Shingles($0) }
  }

  private func apply(_ outcome: Outcome, to outline: DocumentOutline, in store: Store) throws -> Bool {
    if threshold != nil {
      try store.recordFilterScores([
        FilterScore(document: outline.id, filter: "near-duplicate", score: outcome.score)
      ])
    }
    if outcome.reason == outline.dropReason, outcome.duplicateOf == outline.duplicateOf { return false }
    if let reason = outcome.reason {
      try store.dropDocument(id: outline.id, reason: reason, duplicateOf: outcome.duplicateOf)
    } else {
      try store.keepDocument(id: outline.id)
    }
    return (outcome.reason == nil) != (outline.dropReason == nil)
  }

  /// What earlier documents held.
  struct State {
    let threshold: Double?
    private var byWords: [UInt64: String] = [:]
    private var owner: [UInt64: Int32] = [:]
    private var kept: [String] = []

    init(threshold: Double?) {
      self.threshold = threshold
    }

    mutating func judge(_ document: String, _ shingles: Shingles) -> Outcome {
      if let earlier = byWords[shingles.wordHash] {
        return Outcome(document: document, reason: "duplicate", duplicateOf: earlier, score: 1)
      }
      var hits: [Int32: Int] = [:]
      var known = 0
      for hash in shingles.sample {
        guard let index = owner[hash] else { continue }
        known += 1
        hits[index, default: 0] += 1
      }
      let score = shingles.sample.isEmpty ? 0 : Double(known) / Double(shingles.sample.count)
      if let threshold, shingles.sample.count >= DuplicateFinder.minimumSample, score >= threshold {
        let best = hits.max { ($0.value, $1.key) < ($1.value, $0.key) }
        let original = best.map { kept[Int($0.key)] }
        return Outcome(document: document, reason: "near-duplicate", duplicateOf: original, score: score)
      }
      byWords[shingles.wordHash] = document
      let index = Int32(kept.count)
      kept.append(document)
      for hash in shingles.sample where owner[hash] == nil { owner[hash] = index }
      return Outcome(document: document, reason: nil, duplicateOf: nil, score: score)
    }
  }
}
