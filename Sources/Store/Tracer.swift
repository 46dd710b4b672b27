/// Builds a lineage tree. A row that was met before is named again, but not followed again.
struct Tracer {
  let store: Store
  let limit: Int
  private var seen: Set<String> = []

  init(store: Store, limit: Int) {
    self.store = store
    self.limit = limit
  }

  /// The tree below a row.
  mutating func node(_ id: String) throws -> LineageNode {
    guard let kind = RecordID.kind(of: id) else { throw StoreError.notFound(id: id) }
    let isNew = seen.insert(id).inserted
    let node = try content(id, kind: kind, isFollowed: isNew)
    guard let node else { throw StoreError.notFound(id: id) }
    return node
  }

  private mutating func content(_ id: String, kind: RecordID.Kind, isFollowed: Bool) throws -> LineageNode? {
    switch kind {
    case .source: try source(id)
    case .document: try document(id, isFollowed)
    case .chunk: try chunk(id, isFollowed)
    case .pair: try pair(id, isFollowed)
    case .prompt: try prompt(id, isFollowed)
    case .completion: try completion(id, isFollowed)
    case .comparison: try comparison(id, isFollowed)
    case .judgement: try judgement(id, isFollowed)
    case .annotator: try annotator(id)
    case .model: try model(id, isFollowed)
    case .run: id.contains("/") ? try step(id, isFollowed) : try run(id, isFollowed)
    case .checkpoint: try checkpoint(id, isFollowed)
    case .rollout: try rollout(id, isFollowed)
    }
  }

  /// The trees below several rows, the first `limit` of them.
  private mutating func nodes(_ ids: [String?], _ isFollowed: Bool) throws -> [LineageNode] {
    guard isFollowed else { return [] }
    return try ids.compactMap { $0 }.prefix(limit).map { id in
      do {
        return try node(id)
      } catch StoreError.notFound {
        return LineageNode(id: id, kind: "row", title: "no longer in the store")
      }
    }
  }

  // MARK: Documents

  private func source(_ id: String) throws -> LineageNode? {
    guard let source = try store.source(id: id) else { return nil }
    let names = try store.locations(ofSource: id).map { $0.isCurrent ? $0.uri : "\($0.uri) (formerly)" }
    return LineageNode(
      id: id, kind: "source",
      title: "\(source.bytes) bytes, \(source.mediaType), sha256 \(source.hash.prefix(12)), "
        + names.joined(separator: " = "))
  }

  private mutating func document(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    guard let document = try store.document(id: id) else { return nil }
    var node = LineageNode(
      id: id, kind: "document",
      title: [
        document.title.map(Self.quoted), document.language, document.dropReason.map { "dropped: \($0)" },
        "bytes \(document.sourceRange.lowerBound)-\(document.sourceRange.upperBound) of", document.extractor,
      ].compactMap { $0 }.joined(separator: ", "))
    node.children = try nodes([document.source], isFollowed)
    return node
  }

  private mutating func chunk(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    guard let chunk = try store.chunk(id: id) else { return nil }
    let title =
      "bytes \(chunk.range.lowerBound)-\(chunk.range.upperBound), \(chunk.headingPath.joined(separator: " › "))"
    return LineageNode(id: id, kind: "chunk", title: title, children: try nodes([chunk.document], isFollowed))
  }

  // MARK: Pairs and prompts

  private mutating func pair(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    guard let pair = try store.pair(id: id) else { return nil }
    var tree = LineageNode(
      id: id, kind: "pair",
      title: [pair.origin.rawValue, pair.rule, pair.split.rawValue, Self.question(pair.messages)]
        .compactMap { $0 }.joined(separator: ", "))
    guard isFollowed else { return tree }
    for source in try store.sources(ofPair: id) {
      var child = try node(source.document)
      var title = "\(source.role.rawValue) = text bytes \(source.range.lowerBound)-\(source.range.upperBound)"
      if let document = try store.document(id: source.document),
        let range = document.spanMap?.sourceRange(of: source.range)
      {
        title += " = source bytes \(range.lowerBound)-\(range.upperBound)"
      }
      child.title = title + " of " + child.title
      tree.children.append(child)
    }
    tree.children += try imports(id)
    return tree
  }

  /// The records of data sets that a row holds.
  private mutating func imports(_ id: String) throws -> [LineageNode] {
    try store.imports(target: id).prefix(limit).map { record in
      var child = try node(record.source)
      child.title =
        "record \(record.ordinal) = bytes \(record.range.lowerBound)-\(record.range.upperBound) of " + child.title
      return child
    }
  }

  private mutating func prompt(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    guard let prompt = try store.prompt(id: id) else { return nil }
    var node = LineageNode(
      id: id, kind: "prompt",
      title: [prompt.origin, prompt.split.rawValue, Self.question(prompt.messages)].joined(separator: ", "))
    node.children = try nodes([prompt.pair], isFollowed)
    if isFollowed { node.children += try imports(id) }
    return node
  }

  // MARK: Answers and labels

  private mutating func completion(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    guard let completion = try store.completion(id: id) else { return nil }
    let children = try nodes([completion.prompt, completion.model, completion.run], isFollowed)
    return LineageNode(id: id, kind: "completion", title: Self.quoted(completion.text), children: children)
  }

  private mutating func comparison(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    guard let comparison = try store.comparison(id: id) else { return nil }
    var node = LineageNode(id: id, kind: "comparison", title: comparison.origin.rawValue)
    node.children = try nodes(
      [comparison.prompt, comparison.completionA, comparison.completionB, comparison.run], isFollowed)
    if isFollowed { node.children += try imports(id) }
    return node
  }

  private mutating func judgement(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    guard let judgement = try store.judgement(id: id) else { return nil }
    let title =
      switch judgement.event {
      case .judge(let verdict): "\(verdict.rawValue), \(judgement.created)"
      case .undo(let other): "takes back \(other), \(judgement.created)"
      }
    let children = try nodes([judgement.annotator, judgement.comparison], isFollowed)
    return LineageNode(id: id, kind: "judgement", title: title, children: children)
  }

  private func annotator(_ id: String) throws -> LineageNode? {
    guard let annotator = try store.annotator(id: id) else { return nil }
    let title = [annotator.kind.rawValue, annotator.name, annotator.version].filter { !$0.isEmpty }
    return LineageNode(id: id, kind: "annotator", title: title.joined(separator: " "))
  }

  // MARK: Models and runs

  private mutating func model(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    guard let model = try store.model(id: id) else { return nil }
    let makers = try store.runs(outputModel: id).map(\.id)
    return LineageNode(
      id: id, kind: "model",
      title: "\(model.name), \(model.kind.rawValue), sha256 \(model.hash.prefix(12)), \(model.path)",
      children: try nodes(makers + [model.parent], isFollowed))
  }

  private mutating func run(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    guard let run = try store.run(id: id) else { return nil }
    var node = LineageNode(
      id: id, kind: "run",
      title: "\(run.recipe)/\(run.stage), \(run.state.rawValue), seed \(run.seed), \(run.program), \(run.started)")
    guard isFollowed else { return node }
    node.children = try nodes([run.inputModel], true)
    let reads = try store.distinctReads(run: id)
    node.children += try nodes(reads, true)
    node.omitted = max(0, reads.count - limit)
    return node
  }

  private mutating func step(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    let parts = id.split(separator: "/").map(String.init)
    guard parts.count == 2, let number = Int(parts[1]), let step = try store.step(run: parts[0], number: number) else {
      return nil
    }
    let run = try store.run(id: parts[0])
    return LineageNode(
      id: id, kind: "step", title: "of \(run?.recipe ?? "")/\(run?.stage ?? ""), read \(step.reads.count) rows",
      children: try nodes(step.reads, isFollowed), omitted: max(0, step.reads.count - limit))
  }

  private mutating func checkpoint(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    guard let checkpoint = try store.checkpoint(id: id) else { return nil }
    return LineageNode(
      id: id, kind: "checkpoint", title: "after step \(checkpoint.step), \(checkpoint.path)",
      children: try nodes([checkpoint.run], isFollowed))
  }

  private mutating func rollout(_ id: String, _ isFollowed: Bool) throws -> LineageNode? {
    guard let rollout = try store.rollout(id: id) else { return nil }
    return LineageNode(
      id: id, kind: "rollout", title: "reward \(rollout.reward), kl \(rollout.kl), \(Self.quoted(rollout.text))",
      children: try nodes([rollout.prompt, rollout.run], isFollowed))
  }

  // MARK: Words

  private static func question(_ messages: [Message]) -> String {
    quoted(messages.last { $0.role == .user }?.content ?? messages.first?.content ?? "")
  }

  private static func quoted(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return "“" + (line.count > 48 ? line.prefix(47) + "…" : line) + "”"
  }
}
