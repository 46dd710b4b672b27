import Foundation
import Testing
import Tokenizers

/// Conversations become the ids and masks that transformers' `apply_chat_template` gives.
struct ChatTemplateTests {
  struct Case: Decodable {
    var messages: [Message]
    var text: String
    var ids: [Int32]
    var mask: [Int]?
    var prompt: [Int32]
  }

  static let names = ["workload", "own", "plain", "smol", "tools", "llama", "llama-training", "zephyr", "fallback"]

  @Test(arguments: names)
  func writesConversationsAsTransformersDoes(name: String) throws {
    let tokenizer = try Fixtures.chatTokenizer(name)
    for expected in try Fixtures.decode([Case].self, "chat/\(name)/golden.json") {
      #expect(tokenizer.chatTemplate.text(of: expected.messages) == expected.text)
      let encoded = tokenizer.encode(conversation: expected.messages)
      #expect(encoded.tokens == expected.ids)
      #expect(encoded.isTarget.count == encoded.tokens.count)
      if let mask = expected.mask { #expect(encoded.isTarget == mask.map { $0 == 1 }) }
      let prompt = tokenizer.encode(conversation: [expected.messages[0]], addGenerationPrompt: true)
      #expect(prompt.tokens == expected.prompt)
      #expect(!prompt.isTarget.contains(true))
    }
  }

  @Test(arguments: names)
  func aPromptIsAPrefixOfPromptAndAnswer(name: String) throws {
    let tokenizer = try Fixtures.chatTokenizer(name)
    for answer in ["Yes.", "\n\n  indented", " leading", "\t", "", "模型", "'s", "<|im_end|>", "1"] {
      let question = [Message(role: "user", content: "问题 one")]
      let prompt = tokenizer.encode(conversation: question, addGenerationPrompt: true)
      let whole = tokenizer.encode(conversation: question + [Message(role: "assistant", content: answer)])
      #expect(whole.tokens.starts(with: prompt.tokens), "\(name): \(answer.debugDescription)")
      #expect(!whole.isTarget[..<prompt.tokens.count].contains(true))
      #expect(whole.isTarget[prompt.tokens.count...].contains(true))
      #expect(whole.tokens[whole.isTarget.lastIndex(of: true)!] == tokenizer.endOfTurn || name == "workload")
    }
  }

  @Test func thereIsOneBeginningOfSequence() throws {
    let tokenizer = try Fixtures.chatTokenizer("llama")
    let encoded = tokenizer.encode(conversation: [Message(role: "user", content: "hi")], addGenerationPrompt: true)
    #expect(encoded.tokens.filter { $0 == tokenizer.beginningOfSequence }.count == 1)
    #expect(encoded.tokens.first == tokenizer.beginningOfSequence)
  }

  @Test func theFinalNewlineIsLearnedOnlyWhereTheTemplateSaysSo() throws {
    let conversation = [Message(role: "user", content: "q"), Message(role: "assistant", content: "a")]
    let own = try Fixtures.chatTokenizer("own").encode(conversation: conversation)
    let workload = try Fixtures.chatTokenizer("workload").encode(conversation: conversation)
    #expect(own.tokens == workload.tokens)
    #expect(own.isTarget.suffix(3) == [true, true, false])
    #expect(workload.isTarget.suffix(3) == [true, true, true])
  }

  @Test(arguments: [
    "{{ messages }}",
    "{% for m in messages %}[INST] {{ m['content'] }} [/INST]{% endfor %}",
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>{% endfor %}<|im_start|>assistant\n",
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] %}{{ date }}{{ m['content'] }}<|im_end|>\n"
      + "{% endif %}{% if today %}{% endif %}{% endfor %}<|im_start|>assistant\n",
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
      + "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}",
  ])
  func anUnknownTemplateIsRefused(template: String) throws {
    try Fixtures.inTemporaryFolder { folder in
      try Fixtures.copy(Fixtures.folder.appendingPathComponent("gpt2/tokenizer.json"), into: folder)
      try Data(template.utf8).write(to: folder.appendingPathComponent("chat_template.jinja"))
      let error = #expect(throws: TokenizerError.self) { try Tokenizer(folder: folder) }
      #expect(error?.description.contains("chat_template.jinja: unknown chat template") == true)
      #expect(error?.description.contains("ChatML") == true)
    }
  }

  @Test func aModelWithoutTemplateGetsOne() throws {
    #expect(try Tokenizer(folder: Fixtures.folder.appendingPathComponent("gpt2")).chatTemplate == .chatML)
  }
}
