import ArgumentParser
import Labelling
import Store
import Terminal

/// `prep agreement`: how far annotators agree.
struct AgreementCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agreement",
    abstract: "Show how far annotators agree on the comparisons that both judged.",
    discussion: """
      Kappa is 1 for full agreement and 0 for what chance would give (Cohen, 1960); below 0.4 the guidelines for \
      annotators deserve a talk. Skips do not count. Rules and imported labels are listed with people, by kind.

      Example:
        prep agreement
        prep agreement --json
      """)

  @OptionGroup var options: StoreOptions

  func run() throws {
    let store = try options.openReadOnly()
    let annotators = Dictionary(uniqueKeysWithValues: try store.annotators().map { ($0.id, $0) })
    let rows = try Agreement.all(store)
    if options.json {
      let report = rows.map { row -> JSONValue in
        [
          "first": .string(name(annotators[row.first])), "second": .string(name(annotators[row.second])),
          "shared": .int(row.shared), "same": .int(row.same), "kappa": row.kappa.map(JSONValue.double) ?? nil,
        ]
      }
      return Console.output.line(JSONValue.array(report).canonical)
    }
    guard !rows.isEmpty else {
      return Console.error.line("no two annotators judged the same comparison yet; label with another --annotator NAME")
    }
    var table = Table([
      .init("annotator"), .init("and"), .init("shared", .right), .init("same", .right), .init("kappa", .right),
    ])
    for row in rows {
      let percent = (Double(row.same) / Double(row.shared) * 1000).rounded() / 10
      let kappa = row.kappa.map { String(($0 * 1000).rounded() / 1000) } ?? "-"
      table.append([
        name(annotators[row.first]), name(annotators[row.second]), String(row.shared), "\(percent)%", kappa,
      ])
    }
    table.print(to: .output)
  }

  private func name(_ annotator: Annotator?) -> String {
    guard let annotator else { return "?" }
    let version = annotator.version.isEmpty ? "" : " \(annotator.version)"
    return annotator.kind == .person ? annotator.name : "\(annotator.name)\(version) (\(annotator.kind.rawValue))"
  }
}
