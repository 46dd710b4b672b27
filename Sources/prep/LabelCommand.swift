import ArgumentParser
import Foundation
import Labelling
import Store
import Terminal

/// `prep label`: comparisons to judgements.
struct LabelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label",
    abstract: "Judge which of two answers is better.",
    discussion: """
      Shows a prompt and two answers in shuffled order. Keys: a, b (which is better), t (tie), n (neither: both bad), \
      s (skip), u (undo), c (comment), ? (help), q (quit). Every answer is on the disk before the next comparison is \
      shown; start again to go on. Several people may label the same store, each under a name.

      Without a terminal it reads one such command a line and prints plain text. --rule lets a scripted annotator \
      judge instead; its judgements are stored as a rule's, never as a person's.

      Example:
        prep label --annotator mei
        printf 'a\\nc too long\\nb\\nq\\n' | prep label --annotator mei
        prep label --rule concise

      Rules:
      \(RuleAnnotators.all.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n"))
      """)

  @OptionGroup var options: StoreOptions

  @Option(help: "Whose judgements these are (default: $USER).")
  var annotator: String?

  @Option(help: ArgumentHelp("Let a rule judge instead of a person.", valueName: "name"))
  var rule: String?

  @Option(help: "Stop after this many answers.")
  var limit: Int?

  @Option(help: ArgumentHelp("Only prompts of this split: train, validation or test.", valueName: "split"))
  var split: String?

  @Flag(help: "First take back the annotator's last answer, then go on.")
  var undo = false

  @Option(help: "Decides which answer is shown first.")
  var seed: UInt64 = 0

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1, got \(limit)") }
    if rule != nil, annotator != nil { throw ValidationError("--rule and --annotator exclude each other") }
    if rule != nil, undo { throw ValidationError("--undo takes back a person's answer; a rule has none to take back") }
    if let split, Split(rawValue: split) == nil {
      throw ValidationError("--split must be train, validation or test, got '\(split)'")
    }
    do { _ = try rule.map(RuleAnnotators.named) } catch { throw ValidationError("\(error)") }
  }

  func run() throws {
    let store = try options.open(mustExist: true)
    let filter = ComparisonFilter(origin: .sampled, split: split.flatMap(Split.init))
    if let rule { return try label(store, filter, rule: RuleAnnotators.named(rule)) }
    let annotator = try store.annotator(name: try annotatorName(), kind: .person)
    var session = try LabelSession(store: store, annotator: annotator, filter: filter, limit: limit, seed: seed)
    if undo, try !session.undo(), !options.quiet { Console.error.line("there is nothing to take back") }
    let outcome = session.view == nil ? .finished(session.end ?? .nothingLeft) : try converse(&session)
    try report(session, outcome)
    if outcome == .interrupted { throw ExitCode(130) }
  }

  private func annotatorName() throws -> String {
    let name = annotator ?? ProcessInfo.processInfo.environment["USER"] ?? ""
    guard !name.trimmingCharacters(in: .whitespaces).isEmpty else {
      throw ValidationError("who are you? $USER is not set; give --annotator NAME")
    }
    return name
  }

  /// Single keys where a person sits at the terminal, else lines.
  private func converse(_ session: inout LabelSession) throws -> LabelOutcome {
    if isatty(STDIN_FILENO) == 1, Console.output.isInteractive, !options.json {
      return try KeyMode(rows: Self.terminalRows).run(&session)
    }
    let output = options.json ? Console.error : Console.output
    let mode = LineMode(width: output.columns, readLine: { readLine() }, write: { output.line($0) })
    return try mode.run(&session)
  }

  private static func terminalRows() -> Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
    return Int(size.ws_row)
  }

  private func label(_ store: Store, _ filter: ComparisonFilter, rule: any RuleAnnotator) throws {
    let bar = ProgressBar("label", total: 0, unit: "comparisons", isQuiet: options.quiet || options.json)
    let counts = try rule.label(store, filter: filter, limit: limit) { bar.set($0, total: $1) }
    bar.finish()
    let total = counts.values.reduce(0, +)
    if options.json {
      let verdicts = Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, JSONValue.int($0.value)) })
      let report: JSONValue = ["rule": .string(rule.name), "judged": .int(total), "verdicts": .object(verdicts)]
      return Console.output.line(report.canonical)
    }
    let parts = Verdict.allCases.compactMap { verdict in counts[verdict].map { "\(verdict.rawValue) \($0)" } }
    Console.output.line(
      "rule \(rule.name) judged \(total) comparisons" + (total > 0 ? ": " : "") + parts.joined(separator: ", "))
  }

  private func report(_ session: LabelSession, _ outcome: LabelOutcome) throws {
    let progress = session.progress
    if options.json {
      let report: JSONValue = [
        "annotator": .string(session.annotator.name), "answered": .int(session.answered),
        "judged": .int(progress.judged), "skipped": .int(progress.skipped), "total": .int(progress.total),
        "remaining": .int(progress.remaining),
      ]
      return Console.output.line(report.canonical)
    }
    guard !options.quiet else { return }
    if progress.total == 0 {
      return Console.error.line("there is nothing to label; `rlhf sample` makes comparisons of a model's answers")
    }
    Console.error.line(
      "\(session.annotator.name): \(session.answered) answered now, \(progress.judged + progress.skipped) of "
        + "\(progress.total) done" + (progress.remaining > 0 ? "; `prep label` goes on from here" : ""))
  }
}
