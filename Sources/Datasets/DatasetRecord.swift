import Store

/// One row of a data set, whatever shape it was written in.
public enum DatasetRecord: Sendable, Equatable {
  /// A conversation that ends with the assistant's words.
  case conversation([Message])
  /// A prompt with the better and the worse answer.
  case preference(prompt: [Message], chosen: String, rejected: String)
  /// A prompt alone.
  case prompt([Message])

  /// What the row is: `sft`, `preference` or `prompt`.
  public var kind: String {
    switch self {
    case .conversation: "sft"
    case .preference: "preference"
    case .prompt: "prompt"
    }
  }
}

/// Why a row is no record; the text completes "FILE:LINE: ".
public struct RecordProblem: Error, Equatable, CustomStringConvertible {
  public var description: String
  init(_ description: String) { self.description = description }
}

extension DatasetRecord {
  /// Recognises the shape of a row by its names: chosen and rejected, messages, prompt and completion, prompt.
  /// - Throws: ``RecordProblem``
  public init(row: JSONValue) throws(RecordProblem) {
    guard let members = row.object else { throw RecordProblem("the row is not an object") }
    let names = Set(members.filter { $0.value != .null }.keys)
    if names.contains("chosen") || names.contains("rejected") {
      self = try Self.preference(row, names)
    } else if names.contains("messages") {
      let messages = try MessageReading.messages(row["messages"], named: "messages")
      self = .conversation(try Self.completed(messages))
    } else if names.contains("prompt"), names.contains("completion") {
      let prompt = try Self.prompt(row["prompt"])
      let answer = try MessageReading.messages(row["completion"], named: "completion", textRole: .assistant)
      self = .conversation(try Self.completed(prompt + answer))
    } else if names.contains("prompt") {
      self = .prompt(try Self.prompt(row["prompt"]))
    } else {
      let found = names.isEmpty ? "none" : names.sorted().prefix(8).joined(separator: ", ")
      throw RecordProblem(
        "no known shape: needs messages, prompt and completion, prompt, chosen and rejected, or prompt (found: \(found))"
      )
    }
  }

  private static func prompt(_ value: JSONValue?) throws(RecordProblem) -> [Message] {
    let messages = try MessageReading.messages(value, named: "prompt", textRole: .user)
    guard let last = messages.last, last.role == .user || last.role == .tool else {
      throw RecordProblem("prompt must end with the user's words")
    }
    return messages
  }

  private static func completed(_ messages: [Message]) throws(RecordProblem) -> [Message] {
    guard let last = messages.last, last.role == .assistant else {
      throw RecordProblem("the conversation must end with the assistant's words")
    }
    guard messages.contains(where: { $0.role == .user }) else {
      throw RecordProblem("the conversation has no words of the user")
    }
    return messages
  }

  private static func preference(_ row: JSONValue, _ names: Set<String>) throws(RecordProblem) -> DatasetRecord {
    for name in ["chosen", "rejected"] where !names.contains(name) {
      throw RecordProblem("a preference needs both chosen and rejected; \(name) is missing")
    }
    let chosen = try MessageReading.messages(row["chosen"], named: "chosen", textRole: .assistant)
    let rejected = try MessageReading.messages(row["rejected"], named: "rejected", textRole: .assistant)
    var prompt: [Message]
    if names.contains("prompt") {
      prompt = try Self.prompt(row["prompt"])
    } else {
      // Without a prompt, both answers are whole conversations; what they share is the prompt.
      prompt = zip(chosen, rejected).prefix { $0 == $1 }.map(\.0)
      if chosen == rejected { throw RecordProblem("chosen and rejected are the same") }
      guard let last = prompt.last, last.role != .assistant else {
        throw RecordProblem("there is no prompt, and chosen and rejected do not begin with the same one")
      }
    }
    let better = try answer(chosen, after: prompt, named: "chosen")
    let worse = try answer(rejected, after: prompt, named: "rejected")
    guard better != worse else { throw RecordProblem("chosen and rejected are the same") }
    return .preference(prompt: prompt, chosen: better, rejected: worse)
  }

  private static func answer(_ messages: [Message], after prompt: [Message], named name: String)
    throws(RecordProblem) -> String
  {
    let own = messages.starts(with: prompt) ? messages.dropFirst(prompt.count) : messages[...]
    guard own.count == 1, let message = own.first, message.role == .assistant else {
      throw RecordProblem("\(name) must be one answer of the assistant")
    }
    return message.content
  }
}

/// Reads a text or a list of messages.
enum MessageReading {
  /// - Parameter textRole: who speaks when the value is a plain text; nil where a text is not allowed.
  static func messages(_ value: JSONValue?, named name: String, textRole: Message.Role? = nil)
    throws(RecordProblem) -> [Message]
  {
    if let text = value?.string, let textRole {
      return [Message(role: textRole, content: try checked(text, textRole, name))]
    }
    guard let list = value?.array else {
      throw RecordProblem("\(name) must be \(textRole == nil ? "" : "a text or ")a list of messages")
    }
    guard !list.isEmpty else { throw RecordProblem("\(name) is empty") }
    var messages: [Message] = []
    for (index, item) in list.enumerated() {
      let place = "\(name)[\(index)]"
      guard let roleName = item["role"]?.string else { throw RecordProblem("\(place) has no role") }
      guard let role = Message.Role(rawValue: roleName) else {
        throw RecordProblem("\(place) has the unknown role \"\(roleName)\" (known: system, user, assistant, tool)")
      }
      if role == .system, index > 0 { throw RecordProblem("\(place): a system message must come first") }
      messages.append(Message(role: role, content: try checked(try content(item["content"], place), role, place)))
    }
    return messages
  }

  private static func content(_ value: JSONValue?, _ place: String) throws(RecordProblem) -> String {
    if let text = value?.string { return text }
    guard let parts = value?.array else { throw RecordProblem("\(place) has no content") }
    var text = ""
    for part in parts {
      guard part["type"]?.string == "text", let words = part["text"]?.string else {
        throw RecordProblem("\(place) has content other than text")
      }
      text += words
    }
    return text
  }

  private static func checked(_ text: String, _ role: Message.Role, _ place: String) throws(RecordProblem) -> String {
    let isBlank = text.allSatisfy(\.isWhitespace)
    if isBlank, role != .system { throw RecordProblem("\(place) is empty") }
    return text
  }
}
