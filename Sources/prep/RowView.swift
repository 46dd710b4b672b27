import Store

/// A row of any kind as short fields and long texts.
struct RowView {
  private(set) var fields: [(name: String, value: JSONValue)] = []
  private(set) var bodies: [(name: String, text: String)] = []

  /// Reads a row by its full id.
  /// - Throws: `StoreError.notFound`.
  init(id: String, store: Store) throws {
    add("id", id)
    guard let kind = RecordID.kind(of: id), try read(id, kind, store) else { throw StoreError.notFound(id: id) }
  }

  var json: JSONValue {
    var object: [String: JSONValue] = [:]
    // A name that comes more than once is a list.
    for (name, values) in Dictionary(grouping: fields, by: \.name) {
      object[name] = values.count == 1 ? values[0].value : .array(values.map(\.value))
    }
    for (name, text) in bodies { object[name] = .string(text) }
    return .object(object)
  }

  static func text(_ value: JSONValue) -> String { value.string ?? value.canonical }

  private mutating func add(_ name: String, _ value: String?) {
    if let value, !value.isEmpty { fields.append((name, .string(value))) }
  }

  private mutating func add(_ name: String, _ value: Int?) {
    if let value { fields.append((name, .int(value))) }
  }

  private mutating func add(_ name: String, _ value: JSONValue) {
    if value != .null, value != .object([:]) { fields.append((name, value)) }
  }

  private mutating func add(_ messages: [Message]) {
    for message in messages { bodies.append((message.role.rawValue, message.content)) }
  }

  /// - Returns: false when there is no such row.
  private mutating func read(_ id: String, _ kind: RecordID.Kind, _ store: Store) throws -> Bool {
    switch kind {
    case .source: try source(id, store)
    case .document: try document(id, store)
    case .chunk: try chunk(id, store)
    case .pair: try pair(id, store)
    case .prompt: try prompt(id, store)
    case .completion: try completion(id, store)
    case .comparison: try comparison(id, store)
    case .judgement: try judgement(id, store)
    case .annotator: try annotator(id, store)
    case .model: try model(id, store)
    case .run: try id.contains("/") ? step(id, store) : run(id, store)
    case .checkpoint: try checkpoint(id, store)
    case .rollout: try rollout(id, store)
    }
  }

  // MARK: Documents

  private mutating func source(_ id: String, _ store: Store) throws -> Bool {
    guard let source = try store.source(id: id) else { return false }
    add("sha256", source.hash)
    add("bytes", source.bytes)
    add("media_type", source.mediaType)
    add("encoding", source.encoding)
    add("license", source.licence)
    add("purpose", source.purpose.rawValue)
    for location in try store.locations(ofSource: id) { add(location.isCurrent ? "name" : "former_name", location.uri) }
    for document in try store.documentIDs(DocumentFilter(kept: nil, source: id)) { add("document", document) }
    return true
  }

  private mutating func document(_ id: String, _ store: Store) throws -> Bool {
    guard let document = try store.document(id: id) else { return false }
    add("title", document.title)
    add("source", document.source)
    add("uri", try store.locations(ofSource: document.source).first { $0.isCurrent }?.uri)
    add("bytes", "\(document.sourceRange.lowerBound)-\(document.sourceRange.upperBound)")
    add("language", document.language)
    add("extractor", document.extractor)
    add("drop_reason", document.dropReason)
    add("duplicate_of", document.duplicateOf)
    for score in try store.filterScores(ofDocument: id) {
      add("score of \(score.filter)", score.score.map(JSONValue.double) ?? .null)
    }
    add("metadata", document.metadata)
    add("chunks", try store.chunks(ofDocument: id).count)
    bodies.append(("text", document.text))
    return true
  }

  private mutating func chunk(_ id: String, _ store: Store) throws -> Bool {
    guard let chunk = try store.chunk(id: id), let document = try store.document(id: chunk.document) else {
      return false
    }
    add("document", chunk.document)
    add("ordinal", chunk.ordinal)
    add("bytes", "\(chunk.range.lowerBound)-\(chunk.range.upperBound)")
    add("headings", .array(chunk.headingPath.map(JSONValue.string)))
    bodies.append(("text", String(decoding: Array(document.text.utf8)[chunk.range], as: UTF8.self)))
    return true
  }

  // MARK: Pairs and labels

  private mutating func pair(_ id: String, _ store: Store) throws -> Bool {
    guard let pair = try store.pair(id: id) else { return false }
    add("origin", pair.origin.rawValue)
    add("rule", pair.rule)
    add("language", pair.language)
    add("split", pair.split.rawValue)
    add("invalid_reason", pair.invalidReason)
    for source in try store.sources(ofPair: id) {
      add("\(source.role.rawValue)_source", "\(source.document) \(source.range.lowerBound)-\(source.range.upperBound)")
    }
    add(pair.messages)
    return true
  }

  private mutating func prompt(_ id: String, _ store: Store) throws -> Bool {
    guard let prompt = try store.prompt(id: id) else { return false }
    add("origin", prompt.origin)
    add("split", prompt.split.rawValue)
    add("pair", prompt.pair)
    add(prompt.messages)
    return true
  }

  private mutating func completion(_ id: String, _ store: Store) throws -> Bool {
    guard let completion = try store.completion(id: id) else { return false }
    add("prompt", completion.prompt)
    add("model", completion.model)
    add("sampling", completion.sampling)
    add("finish_reason", completion.finishReason)
    for score in try store.scores(ofCompletion: id) { add("score by \(score.scorer)", .double(score.score)) }
    bodies.append(("text", completion.text))
    return true
  }

  private mutating func comparison(_ id: String, _ store: Store) throws -> Bool {
    guard let comparison = try store.comparison(id: id) else { return false }
    let item = try store.labelItem(comparison)
    add("origin", comparison.origin.rawValue)
    add("prompt", comparison.prompt)
    add("a", comparison.completionA)
    add("b", comparison.completionB)
    for judgement in try store.judgementEvents(comparison: id) { add("judgement", judgement.id) }
    add(item.prompt.messages)
    bodies += [("answer a", item.answerA.text), ("answer b", item.answerB.text)]
    return true
  }

  private mutating func judgement(_ id: String, _ store: Store) throws -> Bool {
    guard let judgement = try store.judgement(id: id) else { return false }
    add("comparison", judgement.comparison)
    add("annotator", judgement.annotator)
    if case .undo(let other) = judgement.event { add("undoes", other) }
    add("verdict", judgement.verdict?.rawValue)
    add("strength", judgement.strength)
    add("comment", judgement.comment)
    add("milliseconds", judgement.milliseconds)
    add("created", judgement.created)
    return true
  }

  private mutating func annotator(_ id: String, _ store: Store) throws -> Bool {
    guard let annotator = try store.annotator(id: id) else { return false }
    add("name", annotator.name)
    add("kind", annotator.kind.rawValue)
    add("version", annotator.version)
    return true
  }

  // MARK: Models and runs

  private mutating func model(_ id: String, _ store: Store) throws -> Bool {
    guard let model = try store.model(id: id) else { return false }
    add("name", model.name)
    add("kind", model.kind.rawValue)
    add("path", model.path)
    add("hash", model.hash)
    add("parent", model.parent)
    add("config", model.config)
    return true
  }

  private mutating func run(_ id: String, _ store: Store) throws -> Bool {
    guard let run = try store.run(id: id) else { return false }
    add("recipe", run.recipe)
    add("stage", run.stage)
    add("state", run.state.rawValue)
    add("message", run.message)
    add("seed", String(run.seed))
    add("program", run.program)
    add("input_model", run.inputModel)
    add("output_model", run.outputModel)
    add("started", run.started)
    add("ended", run.ended)
    add("parameters", run.parameters)
    return true
  }

  private mutating func step(_ id: String, _ store: Store) throws -> Bool {
    let parts = id.split(separator: "/").map(String.init)
    guard parts.count == 2, let number = Int(parts[1]), let step = try store.step(run: parts[0], number: number) else {
      return false
    }
    add("run", step.run)
    add("step", step.number)
    for name in try store.metricNames(run: step.run) {
      let value = try store.metrics(run: step.run, name: name).first { $0.step == number }?.value
      add(name, value.map(JSONValue.double) ?? .null)
    }
    add("reads", .array(step.reads.map(JSONValue.string)))
    return true
  }

  private mutating func checkpoint(_ id: String, _ store: Store) throws -> Bool {
    guard let checkpoint = try store.checkpoint(id: id) else { return false }
    add("run", checkpoint.run)
    add("step", checkpoint.step)
    add("path", checkpoint.path)
    add("hash", checkpoint.hash)
    return true
  }

  private mutating func rollout(_ id: String, _ store: Store) throws -> Bool {
    guard let rollout = try store.rollout(id: id) else { return false }
    add("run", rollout.run)
    add("step", rollout.step)
    add("prompt", rollout.prompt)
    add("reward", .double(rollout.reward))
    add("kl", .double(rollout.kl))
    add("statistics", rollout.statistics)
    bodies.append(("text", rollout.text))
    return true
  }
}
