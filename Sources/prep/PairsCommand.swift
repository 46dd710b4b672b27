import ArgumentParser
import Foundation
import Pairs
import Store
import Terminal

/// `prep pairs`: documents to instruction pairs.
struct PairsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pairs",
    abstract: "Make instruction pairs of the store's documents.",
    discussion: """
      Questions come from FAQ pages, headings that ask, "Q:" paragraphs and definition lists; other headings become \
      instructions that their own text answers. Every pair is linked to its characters. With --name and --author the \
      model also learns to introduce itself, in English and Chinese. Documents, not pairs, are split into train, \
      validation and test, so that none leaks across; self-introductions are split by phrasing.

      Running it again does nothing unless documents or options changed.

      Example:
        prep ingest docs && prep pairs --name Touchstone --author "the Touchstone project"
        prep pairs --no-sections --split 0.8,0.1,0.1 --json
      """)

  @OptionGroup var options: StoreOptions

  @Flag(inversion: .prefixedNo, help: "Mine questions: FAQ pages, headings that ask, \"Q:\" paragraphs.")
  var faq = true

  @Flag(inversion: .prefixedNo, help: "Turn definition lists into \"What is X?\".")
  var definitions = true

  @Flag(inversion: .prefixedNo, help: "Turn other headings into instructions.")
  var sections = true

  @Flag(inversion: .prefixedNo, help: "Add self-introductions (default: when --name and --author are given).")
  var identity: Bool?

  @Option(help: "The model's name, for self-introductions.")
  var name: String?

  @Option(help: "Who makes the model, for self-introductions.")
  var author: String?

  @Option(help: "One sentence on what the model is for.")
  var description: String?

  @Option(name: .customLong("description-zh"), help: "The same sentence in Chinese.")
  var chineseDescription: String?

  @Option(help: ArgumentHelp("Shares of train, validation and test.", valueName: "a,b,c"))
  var split = "0.9,0.05,0.05"

  @Option(help: "Shortest section to become a pair, in characters.")
  var minimumSection = MiningParameters().minimumSectionCharacters

  @Option(help: "Longest section to become a pair, in characters.")
  var maximumSection = MiningParameters().maximumSectionCharacters

  @Option(help: "Longest answer to a question, in characters.")
  var maximumAnswer = MiningParameters().maximumAnswerCharacters

  @Option(help: "Decides the split and the wording of section prompts.")
  var seed: UInt64 = 0

  func validate() throws {
    do { try request().validate() } catch let error as PairsError { throw ValidationError(error.description) }
  }

  func run() throws {
    let store = try options.open(mustExist: identityRow == nil)
    let bar = ProgressBar("pairs", total: 0, unit: "documents", isQuiet: options.quiet || options.json)
    let report = try PairMiner(store: store, request: request()).run { bar.set($0, total: $1) }
    bar.finish()
    if options.json { return Console.output.line(report.json.canonical) }
    print(report)
  }

  private var identityRow: Identity? {
    guard identity ?? (name != nil || author != nil) else { return nil }
    return Identity(
      name: name ?? "", author: author ?? "", description: description, chineseDescription: chineseDescription)
  }

  private func request() throws -> PairsRequest {
    let mining = MiningParameters(
      faq: faq, definitions: definitions, sections: sections, maximumAnswerCharacters: maximumAnswer,
      minimumSectionCharacters: minimumSection, maximumSectionCharacters: maximumSection)
    return PairsRequest(mining: mining, identity: identityRow, split: try SplitRatios(parsing: split), seed: seed)
  }

  private func print(_ report: PairsReport) {
    var table = Table(
      [.init("rule", .left)] + Split.allCases.map { .init($0.rawValue, .right) } + [.init("rejected", .right)])
    for rule in PairCandidate.Rule.allCases {
      let rejected = report.rejected.filter { $0.key.rule == rule }.values.reduce(0, +)
      guard report.kept(rule: rule) + rejected > 0 else { continue }
      table.append(
        [rule.rawValue] + Split.allCases.map { String(report.kept(rule: rule, split: $0)) } + [String(rejected)])
    }
    table.print(to: .output)
    let reasons = Dictionary(grouping: report.rejected, by: \.key.reason).mapValues { $0.map(\.value).reduce(0, +) }
    for (reason, count) in reasons.sorted(by: { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }) {
      Console.output.line("  \(count) rejected: \(reason.explanation) (\(reason.rawValue))")
    }
    let state = report.wasUpToDate ? "nothing changed since the last run" : "\(report.added) new"
    let gone = report.superseded > 0 ? ", \(report.superseded) of earlier runs superseded" : ""
    Console.output.line(
      "\(report.keptCount) pairs from \(report.documents) documents (\(state)\(gone)); "
        + "\(report.candidates) candidates = \(report.keptCount) kept + \(report.rejectedCount) rejected")
  }
}
