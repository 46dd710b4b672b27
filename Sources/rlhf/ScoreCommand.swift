import ArgumentParser
import Foundation
import Models
import Recipes
import Store
import Tensors
import Terminal
import Tokenizers

/// `rlhf score`: token ids and log-probabilities, as JSON lines.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Print token ids and log-probabilities of texts or conversations, as JSON lines.",
    discussion: """
      Each line of FILE (- for standard input) is plain text, or JSON: {"text": ...}, {"messages": [...]}, \
      {"prompt": ..., "completion": ...} or {"tokens": [...]}. For each line comes {"tokens": [...], \
      "log_probabilities": [...]}: value i is log p(token i+1 | tokens 0 to i), natural logarithm. With a prompt, \
      "prompt_tokens" says how many tokens it has.

      Example:
        rlhf score ./my-model texts.txt
        echo '{"messages": [{"role": "user", "content": "你好"}]}' | rlhf score sft -
      """)

  @Argument(help: "A folder, or a name from rlhf models.") var model: String
  @Argument(help: "A file, or - for standard input.") var file: String
  @Option(help: ArgumentHelp("A PEFT adapter to put over the model, or an adapter of the store.", valueName: "folder"))
  var adapter: String?
  @Flag(help: "Also print the logits at every position.") var logits = false
  @OptionGroup var weights: WeightsOption
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var store: StoreOption

  func run() throws {
    threads.apply()
    let opened = try OpenedModel(model, adapter: adapter, weights: weights.weights, store: store.path())
    let scorer = Scorer(role: opened.role, withLogits: logits)
    var number = 0
    func score(_ line: String) throws {
      number += 1
      if line.trimmingCharacters(in: .whitespaces).isEmpty { return }
      let sequence = try ScoredSequence(line: line, number: number, tokenizer: opened.tokenizer)
      Console.output.line(try scorer.json(sequence, number: number))
    }
    if file == "-" {
      while let line = readLine() { try score(line) }
      return
    }
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw RecipeError.unreadable(path: file, reason: "cannot be read as UTF-8 text")
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0) {
      try score(String(line))
    }
  }
}
