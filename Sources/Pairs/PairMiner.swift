import Store

/// The pairs stage: makes instruction pairs of the store's documents and of the identity template.
///
/// Running it again with the same documents and parameters does nothing; killed, it loses at most the batch in hand.
public struct PairMiner: Sendable {
  /// The stage's name in the store.
  public static let stage = "pairs"

  /// Documents written in one transaction.
  private static let batchSize = 16

  private let store: Store
  private let request: PairsRequest

  public init(store: Store, request: PairsRequest) {
    self.store = store
    self.request = request
  }

  /// Mines, checks and stores; pairs that earlier runs made and this one does not become invalid ("superseded").
  /// - Parameter progress: called with the number of documents done and of all; what it throws ends the run, which can go on later.
  /// - Returns: the account of every candidate.
  /// - Throws: ``PairsError`` for a senseless request, `StoreError` when the store fails.
  @discardableResult
  public func run(progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }) throws -> PairsReport {
    try request.validate()
    let documents = request.readsDocuments ? try CorpusDocument.all(in: store) : []
    if documents.isEmpty, request.identity == nil { throw PairsError.nothingToMine(store: store.path) }
    let fingerprint = request.fingerprint(of: documents)
    if let earlier = try upToDateReport(fingerprint) { return earlier }

    var writer = try PairWriter(store: store, fingerprint: fingerprint)
    var selection = CorpusSelection()
    try store.atomically { try addIdentity(&writer, &selection) }
    let splits = request.split.assign(groups: documents.map(\.group), seed: request.seed)
    let miner = DocumentMiner(parameters: request.mining)
    for start in stride(from: 0, to: documents.count, by: Self.batchSize) {
      let batch = documents[start..<min(start + Self.batchSize, documents.count)]
      try store.atomically {
        for entry in batch {
          guard let document = try store.document(id: entry.id) else { continue }
          let found = miner.candidates(text: document.text, title: document.title, languageTag: document.language)
          let candidates = selection.checked(found, group: entry.group)
          try writer.write(candidates, document: document, split: splits[entry.group] ?? .train)
        }
      }
      try progress(batch.endIndex, documents.count)
    }
    writer.report.documents = documents.count
    try writer.finish(origins: coveredOrigins)
    return writer.report
  }

  /// The last run's report if nothing changed since. An older run does not count: a later one superseded its pairs.
  private func upToDateReport(_ fingerprint: String) throws -> PairsReport? {
    guard let last = try store.stageResults(stage: Self.stage).last, last.fingerprint == fingerprint else { return nil }
    var report = PairsReport(stored: last.outputs)
    report.wasUpToDate = true
    return report
  }

  /// The origins that this request answers for: pairs of others are left as they are.
  private var coveredOrigins: [Pair.Origin] {
    var origins: [Pair.Origin] = []
    if request.mining.faq || request.mining.definitions { origins.append(.minedFAQ) }
    if request.mining.sections { origins.append(.minedSection) }
    if request.identity != nil { origins.append(.templateIdentity) }
    return origins
  }

  private func addIdentity(_ writer: inout PairWriter, _ selection: inout CorpusSelection) throws {
    guard let identity = request.identity else { return }
    let rows = try IdentityTemplate.rows(for: identity, languages: request.identityLanguages)
    for (_, intent) in Dictionary(grouping: rows, by: \.intent).sorted(by: { $0.key < $1.key }) {
      let splits = request.split.assign(phrasings: intent.map(\.prompt), seed: request.seed)
      for row in intent {
        let candidate = PairCandidate(
          rule: .identity, prompt: row.prompt, response: row.response, promptRange: 0..<0, responseRanges: [],
          language: row.language)
        try writer.write(
          selection.checked([candidate], group: "identity"), document: nil, split: splits[row.prompt] ?? .train)
      }
    }
  }
}
