import ArgumentParser
import Foundation
import Models
import Recipes
import Terminal
import Tokenizers

/// `rlhf chat`: a conversation with a model, streamed.
struct ChatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "Talk to a model.",
    discussion: """
      The model is a Hugging Face folder or a name from rlhf models; without one, the model that was trained last. At a \
      pipe each line is a question. Type /reset to begin anew, /quit to leave.

      Example:
        rlhf chat
        rlhf chat sft --temperature 0
        printf 'Who are you?\\n你是谁？\\n' | rlhf chat demo/dpo
      """)

  @Argument(help: "A folder, or a name from rlhf models.") var model: String?
  @Option(help: ArgumentHelp("A PEFT adapter to put over the model.", valueName: "folder")) var adapter: String?
  @Option(help: ArgumentHelp("What the model is told at the beginning.", valueName: "text")) var system: String?
  @Option(help: ArgumentHelp("Ask this one question and leave.", valueName: "text")) var prompt: String?
  @Flag(help: "Forget each question before the next.") var single = false
  @Flag(help: "Print each answer as a line of JSON with its tokens, instead of streaming it.") var json = false
  @OptionGroup var sampling: SamplingArguments
  @OptionGroup var weights: WeightsOption
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var store: StoreOption

  func run() throws {
    threads.apply()
    let opened = try OpenedModel(model, adapter: adapter, weights: weights.weights, store: store.path())
    let context = opened.role.maximumPositions
    let options = sampling.options(tokenizer: opened.tokenizer, context: context)
    var chat = ChatSession(
      opened: opened, options: options, console: .output,
      start: system.map { [Tokenizers.Message(role: "system", content: $0)] } ?? [], remembers: !single,
      printsJSON: json)
    if let prompt {
      try chat.ask(prompt)
      return
    }
    let isInteractive = isatty(STDIN_FILENO) == 1
    if isInteractive { Console.error.line(Console.error.styled("\(opened.name); /reset, /quit", .dim)) }
    while true {
      if isInteractive { Console.error.write(Console.error.styled("> ", .bold)) }
      guard let line = readLine() else { break }
      switch line.trimmingCharacters(in: .whitespaces) {
      case "": continue
      case "/quit", "/exit": return
      case "/reset": chat.reset()
      default: try chat.ask(line)
      }
    }
  }
}
