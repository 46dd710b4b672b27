import ArgumentParser
import Foundation
import Models
import Recipes
import Store
import Tensors
import Terminal

/// `rlhf sample`: answers to the store's prompts, and comparisons to label.
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draw answers to the store's questions, and comparisons between them for prep label.",
    discussion: """
      Example:
        rlhf sample sft --limit 20
        prep label
      """)

  @Argument(help: "A name from rlhf models (default: the model made last).") var model: String?
  @Option(help: ArgumentHelp("Questions of this split: train, validation or test.", valueName: "split"))
  var split = "train"
  @Option(help: ArgumentHelp("Most questions; 0 means all.", valueName: "n")) var limit = 0
  @Option(help: ArgumentHelp("Answers to each question.", valueName: "n")) var answers = 2
  @Option(help: ArgumentHelp("Comparisons for each question.", valueName: "n")) var comparisons = 1
  @Option(
    help: ArgumentHelp(
      "Products with weights: highest (f32), high (16-bit integers for questions) or medium (8-bit).",
      valueName: "precision"))
  var matmulPrecision = MatmulPrecision.highest
  @OptionGroup var sampling: SamplingArguments
  @OptionGroup var weights: WeightsOption
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var store: StoreOption

  func validate() throws {
    if Split(rawValue: split) == nil {
      throw ValidationError("--split must be train, validation or test, not \(split)")
    }
    if answers < 2 { throw ValidationError("--answers must be at least 2, not \(answers)") }
  }

  func run() throws {
    threads.apply()
    let path = store.path()
    let opened = try OpenedModel(model, weights: weights.weights, store: path)
    guard let record = opened.record else {
      throw RecipeError.usage("rlhf sample takes a model of the store: see rlhf models")
    }
    let store = try Store(path: path, access: .existing)
    let options = sampling.options(
      tokenizer: opened.tokenizer, context: opened.role.maximumPositions)
    let sampler = CompletionSampler(
      store: store, role: opened.role, model: record, tokenizer: opened.tokenizer, options: options, answers: answers,
      comparisons: comparisons, looksAhead: sampling.lookahead, precision: matmulPrecision)
    let prompts = try StorePrompts.questions(in: store, split: Split(rawValue: split) ?? .train, limit: limit)
    guard !prompts.isEmpty else {
      throw RecipeError.usage("\(path) holds no questions in the split \(split): run prep pairs first")
    }
    let bar = ProgressBar("sampling", total: prompts.count, unit: "questions")
    defer { bar.finish() }
    var made = 0
    for first in stride(from: 0, to: prompts.count, by: 32) {
      let batch = Array(prompts[first..<min(prompts.count, first + 32)])
      made += try sampler.sample(batch, first: first, run: nil).count
      bar.advance(by: batch.count)
    }
    bar.finish()
    Console.output.line("\(made) comparisons of answers to \(prompts.count) questions; label them with: prep label")
  }
}
