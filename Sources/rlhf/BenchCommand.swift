import ArgumentParser
import Foundation
import Recipes
import Tensors
import Terminal

/// `rlhf bench`: how fast a model is on this machine, and what limits it.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast a model reads, answers and trains here, and what limits it.",
    discussion: """
      Each work is done a few times on random tokens, and the median is set against what the machine gives: the rate of \
      a square product, and the bandwidth with which as much memory is read as the weights take. The limit is the one \
      that is used more; "overhead" means that neither is half used, "other programs" that they had the cores. \
      Training is a LoRA step of 8 rows of --prompt-tokens tokens. Run it while nothing else runs.

      Example:
        rlhf bench ./my-model
        rlhf bench sft --only decoding,batch --batch 8 --json
      """)

  @Argument(help: "A folder, or a name from rlhf models.") var model: String?
  @Option(help: ArgumentHelp("A PEFT adapter to put over the model.", valueName: "folder")) var adapter: String?
  @Option(
    help: ArgumentHelp("What to measure, separated by commas: \(allWorks) (default: all).", valueName: "works"))
  var only: String?
  @Option(help: "Tokens of a prompt, and of a row that is trained on.") var promptTokens = 256
  @Option(help: "Tokens of an answer.") var newTokens = 64
  @Option(help: "Answers at the same time.") var batch = 32
  @Option(help: "Times that each work is measured.") var repeats = 3
  @Option(help: "The seed of everything random.") var seed: UInt64 = 0
  @Option(
    help: ArgumentHelp(
      "Products with weights: highest (f32), high (16-bit integers, f32 in answers) or medium (8-bit).",
      valueName: "precision"))
  var matmulPrecision = MatmulPrecision.highest
  @Flag(inversion: .prefixedNo, help: "Draft tokens of answers from text that repeats.") var lookahead = true
  @Flag(help: "Print machine-readable JSON on standard output.") var json = false
  @Flag(help: "Print nothing but the result and errors.") var quiet = false
  @OptionGroup var weights: WeightsOption
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var store: StoreOption

  private static let allWorks = BenchmarkOptions.Work.allCases.map(\.rawValue).joined(separator: ", ")

  func validate() throws { _ = try works() }

  func run() throws {
    threads.apply()
    let opened = try OpenedModel(model, adapter: adapter, weights: weights.weights, store: store.path())
    let options = BenchmarkOptions(
      works: try works(), promptTokens: promptTokens, newTokens: newTokens, batchSize: batch, repeats: repeats,
      seed: seed, precision: matmulPrecision, looksAhead: lookahead)
    note("the machine")
    let report = try ModelBenchmark(opened, options: options).run { note($0.rawValue) }
    if json {
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      Console.output.line(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      BenchmarkTable(report: report, options: options).print()
    }
  }

  private func note(_ what: String) {
    if !quiet { Console.error.line(Console.error.styled("measuring \(what)", .dim)) }
  }

  private func works() throws -> [BenchmarkOptions.Work] {
    guard let only else { return BenchmarkOptions.Work.allCases }
    return try only.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let name = part.trimmingCharacters(in: .whitespaces)
      guard let work = BenchmarkOptions.Work(rawValue: name) else {
        throw ValidationError("--only knows \(Self.allWorks); not \(name.isEmpty ? "an empty name" : name)")
      }
      return work
    }
  }
}
