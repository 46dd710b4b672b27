import GRDB

extension Store {
  /// Walks from any row to the source bytes it was made from.
  /// - Parameters:
  ///   - id: a row's id, the beginning of one that is unique, or `run_…/12` for a step.
  ///   - limit: how many rows each row lists at most.
  /// - Throws: `StoreError.notFound` when there is no such row.
  public func trace(_ id: String, limit: Int = 12) throws -> LineageNode {
    var tracer = Tracer(store: self, limit: limit)
    return try tracer.node(try fullID(id))
  }

  /// The id that begins so.
  /// - Throws: `StoreError.notFound` when there is none, `StoreError.invalid` when there are several.
  public func fullID(_ beginning: String) throws -> String {
    let parts = beginning.split(separator: "/", maxSplits: 1).map(String.init)
    guard let first = parts.first, let kind = RecordID.kind(of: first) else {
      throw StoreError.notFound(id: beginning)
    }
    let found = try read { db in
      try String.fetchAll(
        db.cachedStatement(sql: "SELECT id FROM \(kind.table) WHERE id >= ?1 AND id < ?1 || '~' ORDER BY id LIMIT 3"),
        arguments: [first])
    }
    guard let id = found.first else { throw StoreError.notFound(id: beginning) }
    guard found.count == 1 || found.contains(first) else {
      throw StoreError.invalid("several ids begin with \(first): \(found.joined(separator: ", ")), …; type more of it")
    }
    return ([found.contains(first) ? first : id] + parts.dropFirst()).joined(separator: "/")
  }
}

extension RecordID.Kind {
  /// The table that holds rows of this type.
  var table: String {
    switch self {
    case .source: "source"
    case .document: "document"
    case .chunk: "chunk"
    case .pair: "pair"
    case .prompt: "prompt"
    case .model: "model"
    case .run: "run"
    case .checkpoint: "checkpoint"
    case .annotator: "annotator"
    case .completion: "completion"
    case .comparison: "comparison"
    case .judgement: "judgement"
    case .rollout: "rollout"
    }
  }
}
