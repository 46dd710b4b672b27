import Store

/// The shapes in which data sets are written.
public enum DatasetFormat: String, Sendable, Codable, CaseIterable {
  /// `{"messages": [...]}`
  case messages
  /// `{"prompt": [...], "completion": [...]}`
  case promptCompletion = "prompt-completion"
  /// `{"prompt": [...], "chosen": [...], "rejected": [...]}`
  case preference

  /// One line without its end: names in the order above, role before content, UTF-8 unescaped.
  ///
  /// Nil when the record has no form in this format.
  public func line(_ record: DatasetRecord) -> String? {
    switch (self, record) {
    case (.messages, .conversation(let messages)):
      return object([("messages", list(messages))])
    case (.promptCompletion, .conversation(let messages)):
      return object([("prompt", list(messages.dropLast())), ("completion", list(messages.suffix(1)))])
    case (.preference, .preference(let prompt, let chosen, let rejected)):
      return object([
        ("prompt", list(prompt[...])), ("chosen", list([Message(role: .assistant, content: chosen)])),
        ("rejected", list([Message(role: .assistant, content: rejected)])),
      ])
    default: return nil
    }
  }

  private func list(_ messages: some Sequence<Message>) -> String {
    let items = messages.map {
      object([("role", quoted($0.role.rawValue)), ("content", quoted($0.content))])
    }
    return "[" + items.joined(separator: ", ") + "]"
  }

  private func object(_ members: [(name: String, value: String)]) -> String {
    "{" + members.map { "\"\($0.name)\": \($0.value)" }.joined(separator: ", ") + "}"
  }

  private func quoted(_ text: String) -> String { JSONValue.string(text).canonical }
}
