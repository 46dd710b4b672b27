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
      pipe each line is a question. Type /reset to begin anew, /adapter NAME to put another adapter over the same \
      weights (/adapter none for none), /quit to leave.

      Example:
        rlhf chat
        rlhf chat sft --temperature 0
        printf 'Who are you?\\n你是谁？\\n' | rlhf chat demo/dpo
      """)

  @Argument(help: "A folder, or a name from rlhf models.") var model: String?
  @Option(help: ArgumentHelp("A PEFT adapter to put over the model, or an adapter of the store.", valueName: "folder"))
  var adapter: String?
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
      printsJSON: json, looksAhead: sampling.lookahead)
    if let prompt {
      try chat.ask(prompt)
      return
    }
    let isInteractive = isatty(STDIN_FILENO) == 1
    if isInteractive { Console.error.line(Console.error.styled("\(opened.name); /reset, /adapter, /quit", .dim)) }
    while true {
      if isInteractive { Console.error.write(Console.error.styled("> ", .bold)) }
      guard let line = readLine() else { break }
      switch line.trimmingCharacters(in: .whitespaces) {
      case "": continue
      case "/quit", "/exit": return
      case "/reset": chat.reset()
      case let command where command == "/adapter" || command.hasPrefix("/adapter "): use(command.dropFirst(8), &chat)
      default: try chat.ask(line)
      }
    }
  }

  /// Answers go on with another adapter; one that cannot be had leaves everything as it was.
  private func use(_ argument: Substring, _ chat: inout ChatSession) {
    let name = argument.trimmingCharacters(in: .whitespaces)
    do {
      guard !name.isEmpty else { throw RecipeError.usage("/adapter takes a name from rlhf models, a folder, or none") }
      chat.opened = try chat.opened.switched(toAdapter: name == "none" ? nil : name, store: store.path())
      Console.error.line(Console.error.styled(chat.opened.name, .dim))
    } catch {
      Console.error.line("rlhf: \(error)")
    }
  }
}
