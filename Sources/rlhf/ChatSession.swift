import Models
import Recipes
import Store
import Terminal
import Tokenizers

import enum Store.JSONValue

/// One conversation: what was said, and the next answer streamed as it is drawn.
struct ChatSession {
  /// Changed between two questions, answers come from another model with the same tokenizer.
  var opened: OpenedModel
  var options: SamplingOptions
  let console: Console
  let start: [Tokenizers.Message]
  let remembers: Bool
  /// Whether answers are lines of JSON, printed when they are complete.
  let printsJSON: Bool
  let looksAhead: Bool
  private var messages: [Tokenizers.Message]
  private var turn: UInt64 = 0

  init(
    opened: OpenedModel, options: SamplingOptions, console: Console, start: [Tokenizers.Message], remembers: Bool,
    printsJSON: Bool = false, looksAhead: Bool = true
  ) {
    self.opened = opened
    self.options = options
    self.console = console
    self.start = start
    self.remembers = remembers
    self.printsJSON = printsJSON
    self.looksAhead = looksAhead
    messages = start
  }

  mutating func reset() { messages = start }

  /// Asks and prints the answer as it comes.
  /// - Throws: `RecipeError.usage` for a question longer than the model can read.
  mutating func ask(_ question: String) throws {
    if !remembers { reset() }
    messages.append(Tokenizers.Message(role: "user", content: question))
    let tokens = try fitted()
    var decoder = StreamDecoder(opened.tokenizer, skippingSpecial: true)
    var answer = ""
    var turnOptions = options
    turnOptions.seed = options.seed &+ turn
    turn += 1
    let (console, printsJSON) = (console, printsJSON)
    let generator = Generator(opened.role, looksAhead: looksAhead)
    let generated = generator.generate([tokens], options: turnOptions) { _, token in
      let text = decoder.append(token)
      answer += text
      if !printsJSON { console.write(text.printable) }
      return true
    }
    let rest = decoder.finish()
    answer += rest
    console.line(printsJSON ? json(tokens, generated.first ?? Generation(), answer) : rest.printable)
    messages.append(Tokenizers.Message(role: "assistant", content: answer))
  }

  private func json(_ prompt: [Int32], _ generated: Generation, _ answer: String) -> String {
    let value: JSONValue = [
      "prompt_tokens": .array(prompt.map { .int(Int($0)) }),
      "tokens": .array(generated.tokens.map { .int(Int($0)) }), "text": .string(answer),
      "passes": .int(generated.passes),
    ]
    return value.canonical
  }

  /// The conversation's tokens with room for an answer: the oldest turns are forgotten first.
  private mutating func fitted() throws -> [Int32] {
    let room = opened.role.maximumPositions - options.maximumNewTokens
    while true {
      let tokens = opened.tokenizer.encode(conversation: messages, addGenerationPrompt: true).tokens
      if tokens.count <= room { return tokens }
      guard messages.count > start.count + 2 else {
        messages.removeLast()
        throw RecipeError.usage("the question is too long: \(tokens.count) tokens, and the model reads \(room)")
      }
      messages.removeSubrange(start.count..<start.count + 2)
    }
  }
}
