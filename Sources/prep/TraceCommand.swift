import ArgumentParser
import Ingest
import Store
import Terminal

/// `prep trace`: from any row down to the bytes it came from.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Walk from any row down to the source bytes it was made from.",
    discussion: """
      Prints the tree of rows, then, for the pairs, chunks and documents in it, the file and bytes their text was \
      read from. The file is read again and its hash compared: a changed or missing file is said to be so. The \
      beginning of an id is enough where it is unique.

      Example:
        prep trace pair_0193f2
        prep trace run_0193f2a7/12
      """)

  @OptionGroup var options: StoreOptions

  @Argument(help: "A row's id, or RUN/STEP for a step of a run.")
  var id: String

  @Option(help: ArgumentHelp("Rows shown below each row.", valueName: "n"))
  var limit = 12

  @Option(help: ArgumentHelp("Excerpts shown at most.", valueName: "n"))
  var excerpts = 6

  func run() throws {
    let store = try options.openReadOnly()
    let tree = try store.trace(id, limit: limit)
    let found = try LineageExcerpt.excerpts(of: tree, limit: excerpts, in: store)
    if options.json {
      let report: JSONValue = ["lineage": json(tree), "excerpts": .array(found.map(\.json))]
      return Console.output.line(report.canonical)
    }
    for line in tree.lines { Console.output.line(line.printable) }
    for excerpt in found {
      Console.output.line()
      for line in excerpt.lines { Console.output.line(line.printable) }
    }
  }

  private func json(_ node: LineageNode) -> JSONValue {
    [
      "id": .string(node.id), "kind": .string(node.kind), "title": .string(node.title),
      "omitted": .int(node.omitted), "children": .array(node.children.map(json)),
    ]
  }
}

/// A stretch of a document's text in a lineage, with the source bytes it was read from.
struct LineageExcerpt {
  /// What the stretch is: a pair's prompt or response, a chunk, the beginning of a document.
  var label: String
  var excerpt: SourceExcerpt

  /// The excerpts of a tree's pairs; where it has none, of its chunks; where it has none, of its documents.
  static func excerpts(of tree: LineageNode, limit: Int, in store: Store) throws -> [LineageExcerpt] {
    let ids = allIDs(tree)
    var found: [LineageExcerpt] = []
    for id in ids where RecordID.kind(of: id) == .pair && found.count < limit {
      for source in try store.sources(ofPair: id) {
        guard let document = try store.document(id: source.document) else { continue }
        let excerpt = try SourceExcerpt.read(source.range, of: document, in: store)
        found.append(LineageExcerpt(label: "\(source.role.rawValue) of \(id)", excerpt: excerpt))
      }
    }
    if found.isEmpty {
      for id in ids where RecordID.kind(of: id) == .chunk && found.count < limit {
        guard let chunk = try store.chunk(id: id), let document = try store.document(id: chunk.document) else {
          continue
        }
        found.append(LineageExcerpt(label: id, excerpt: try SourceExcerpt.read(chunk.range, of: document, in: store)))
      }
    }
    if found.isEmpty {
      for id in ids where RecordID.kind(of: id) == .document && found.count < limit {
        guard let document = try store.document(id: id) else { continue }
        let range = 0..<document.text.utf8.count
        found.append(LineageExcerpt(label: id, excerpt: try SourceExcerpt.read(range, of: document, in: store)))
      }
    }
    return Array(found.prefix(limit))
  }

  private static func allIDs(_ node: LineageNode) -> [String] {
    var seen: Set<String> = []
    var ids: [String] = []
    func walk(_ node: LineageNode) {
      if seen.insert(node.id).inserted { ids.append(node.id) }
      node.children.forEach(walk)
    }
    walk(node)
    return ids
  }

  /// The place and the state in a line, and the first lines of a verified excerpt.
  var lines: [String] {
    let place = "\(label): \(excerpt.uri ?? "a source without a name")\(bytes)"
    switch excerpt.state {
    case .verified(let text):
      let body = text.split(whereSeparator: \.isNewline).map { "  | \($0)" }
      let more = body.count > 8 ? ["  | … \(body.count - 8) more lines"] : []
      return ["\(place), hash verified"] + body.prefix(8) + more
    case .changed: return ["\(place): the file has changed since it was read"]
    case .missing: return ["\(place): the file is no longer there"]
    case .untraceable: return ["\(place): this text was not read from a stretch of the source"]
    }
  }

  private var bytes: String {
    guard let range = excerpt.range else { return "" }
    return ", \(excerpt.isPacked ? "unpacked " : "")bytes \(range.lowerBound)-\(range.upperBound)"
  }

  var json: JSONValue {
    var state = "verified"
    var text: JSONValue = .null
    switch excerpt.state {
    case .verified(let body): text = .string(body)
    case .changed: state = "changed"
    case .missing: state = "missing"
    case .untraceable: state = "untraceable"
    }
    return [
      "label": .string(label), "uri": excerpt.uri.map(JSONValue.string) ?? .null, "state": .string(state),
      "start": excerpt.range.map { .int($0.lowerBound) } ?? .null,
      "end": excerpt.range.map { .int($0.upperBound) } ?? .null, "text": text,
    ]
  }
}
