import Store

/// Writes candidates as pairs with the characters they came from.
struct PairWriter {
  var report = PairsReport()

  private let store: Store
  private let fingerprint: String
  /// Documents that an interrupted run with the same fingerprint finished: to the ids it wrote.
  private let finished: [String: String]
  /// Ids written by this run.
  private var written: Set<String> = []
  /// Conversations that this run keeps: a later repetition must not make them invalid.
  private var keptHashes: Set<String> = []

  init(store: Store, fingerprint: String) throws {
    self.store = store
    self.fingerprint = fingerprint
    finished = try store.workItems(stage: PairMiner.stage, fingerprint: fingerprint)
  }

  /// - Parameter document: the candidates' document; nil for template pairs.
  mutating func write(_ candidates: [PairCandidate], document: Document?, split: Split) throws {
    var rows: [(pair: Pair, candidate: PairCandidate)] = []
    for candidate in candidates {
      report.count(candidate, split)
      let pair = pair(candidate, split)
      if candidate.rejection == nil { keptHashes.insert(pair.hash) } else if keptHashes.contains(pair.hash) { continue }
      rows.append((pair, candidate))
    }
    if let document, let ids = finished[document.id] {
      written.formUnion(ids.split(separator: ",").map(String.init))
      return
    }
    guard !rows.isEmpty else { return }
    let chunks = try document.map { try store.chunks(ofDocument: $0.id) } ?? []
    try store.atomically {
      let added = try store.addPairs(rows.map(\.pair))
      report.added += added.count { $0.isNew }
      try store.setSplits(try movedSplits(zip(added, rows.map(\.pair))))
      let ids = added.map(\.id)
      written.formUnion(ids)
      if let document {
        let sources = zip(ids, rows).flatMap { self.sources($0, $1.candidate, document.id, chunks) }
        try store.removeSources(ofPairs: ids, inDocument: document.id)
        try store.addPairs([], sources: sources)
        try store.recordWorkItem(
          stage: PairMiner.stage, fingerprint: fingerprint, item: document.id, output: ids.joined(separator: ","))
      }
    }
  }

  /// Marks what earlier runs made of the same kinds and this one did not, and records that the stage is done.
  mutating func finish(origins: [Pair.Origin]) throws {
    try store.atomically {
      for origin in origins { report.superseded += try store.supersedePairs(origin: origin, keeping: written) }
      try store.recordStageResult(
        StageResult(stage: PairMiner.stage, fingerprint: fingerprint, outputs: report.json))
    }
  }

  private func pair(_ candidate: PairCandidate, _ split: Split) -> Pair {
    let origin: Pair.Origin =
      switch candidate.rule {
      case .questionHeading, .markedQuestion, .definition: .minedFAQ
      case .section: .minedSection
      case .identity: .templateIdentity
      }
    return Pair(
      messages: [
        Message(role: .user, content: candidate.prompt), Message(role: .assistant, content: candidate.response),
      ], origin: origin, rule: "\(candidate.rule.rawValue)/\(MiningParameters.ruleVersion)",
      language: candidate.language == .other ? nil : candidate.language.rawValue, split: split,
      invalidReason: candidate.rejection?.rawValue)
  }

  private func sources(
    _ pair: String, _ candidate: PairCandidate, _ document: String, _ chunks: [Chunk]
  ) -> [PairSource] {
    func source(_ role: PairSource.Role, _ range: Range<Int>) -> PairSource {
      let chunk = chunks.first { $0.range.contains(range.lowerBound) }
      return PairSource(pair: pair, role: role, document: document, chunk: chunk?.id, range: range)
    }
    return [source(.prompt, candidate.promptRange)] + candidate.responseRanges.map { source(.response, $0) }
  }

  /// Pairs that were there with another split. One that was imported or written keeps the split it came with.
  private func movedSplits(_ pairs: some Sequence<(Added, Pair)>) throws -> [String: Split] {
    var moved: [String: Split] = [:]
    for (added, pair) in pairs where !added.isNew {
      guard let stored = try store.pair(id: added.id), stored.origin == pair.origin, stored.split != pair.split else {
        continue
      }
      moved[added.id] = pair.split
    }
    return moved
  }
}
