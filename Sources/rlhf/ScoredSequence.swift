import Recipes
import Store
import Tokenizers

import enum Store.JSONValue

/// One input line of `rlhf score` as tokens.
struct ScoredSequence {
  var tokens: [Int32]
  var promptTokens: Int?

  /// - Throws: `RecipeError.usage` naming the line that is not one of the accepted shapes.
  init(line: String, number: Int, tokenizer: Tokenizer) throws {
    guard line.hasPrefix("{") else {
      tokens = tokenizer.encode(line, addingSpecial: true)
      return
    }
    guard let value = try? JSONValue(parsing: line), let object = value.object else {
      throw RecipeError.usage("line \(number): begins like JSON but is none")
    }
    if let given = object["tokens"]?.array {
      tokens = given.compactMap { $0.int.map(Int32.init(truncatingIfNeeded:)) }
    } else if let text = object["text"]?.string {
      tokens = tokenizer.encode(text, addingSpecial: true)
    } else if let messages = object["messages"].flatMap(Self.messages) {
      tokens = tokenizer.encode(conversation: messages).tokens
    } else if let prompt = object["prompt"], let completion = object["completion"] {
      let (first, second): ([Int32], [Int32])
      if let messages = Self.messages(prompt) {
        first = tokenizer.encode(conversation: messages, addGenerationPrompt: true).tokens
        let answer = Self.messages(completion) ?? [Message(role: "assistant", content: completion.string ?? "")]
        second = Array(tokenizer.encode(conversation: messages + answer).tokens.dropFirst(first.count))
      } else {
        first = tokenizer.encode(prompt.string ?? "", addingSpecial: true)
        second = tokenizer.encode(completion.string ?? "")
      }
      tokens = first + second
      promptTokens = first.count
    } else {
      throw RecipeError.usage(
        "line \(number): needs text, messages, prompt and completion, or tokens; it has "
          + object.keys.sorted().joined(separator: ", "))
    }
  }

  private static func messages(_ value: JSONValue) -> [Message]? {
    guard let items = value.array else { return nil }
    return items.compactMap { item in
      guard let role = item.object?["role"]?.string, let content = item.object?["content"]?.string else { return nil }
      return Message(role: role, content: content)
    }
  }

  private typealias Message = Tokenizers.Message
}
