import Foundation

/// How a conversation is written as one text.
public struct ChatTemplate: Sendable, Hashable {
  /// The formats that are known here.
  public enum Family: String, Sendable, Hashable, Codable {
    /// `<|im_start|>role\ncontent<|im_end|>\n`
    case chatML
    /// `<|start_header_id|>role<|end_header_id|>\n\ncontent<|eot_id|>`
    case llama3
    /// `<|role|>\ncontent</s>\n`, where `</s>` is the end-of-sequence token
    case zephyr
  }

  public let family: Family
  /// The Jinja text, for those who open the model with other tools.
  public let source: String
  /// What the system says where a conversation does not begin with a system message.
  public let defaultSystem: String?
  /// Whether the template marks what is to be learned by `{% generation %}`.
  public let marksGeneration: Bool
  /// Whether the newline after the assistant's end token is to be learned as well.
  public let learnsFinalNewline: Bool
  /// Whether contents lose the white space around them.
  public let trimsContent: Bool
  /// What stands before the first message, such as `<|begin_of_text|>`; empty for most.
  public let opening: String
  /// The token that ends a message.
  public let endToken: String
  /// Whether the model came without a template, so that this one was chosen for it.
  public let isFallback: Bool

  init(
    family: Family, source: String, defaultSystem: String? = nil, marksGeneration: Bool = false,
    learnsFinalNewline: Bool = false, trimsContent: Bool = false, opening: String = "", endToken: String,
    isFallback: Bool = false
  ) {
    self.family = family
    self.source = source
    self.defaultSystem = defaultSystem
    self.marksGeneration = marksGeneration
    self.learnsFinalNewline = learnsFinalNewline
    self.trimsContent = trimsContent
    self.opening = opening
    self.endToken = endToken
    self.isFallback = isFallback
  }

  /// The template of new tokenizers: ChatML, which marks content and end token as what the assistant says.
  public static let chatML = ChatTemplate(
    family: .chatML, source: chatMLSource, marksGeneration: true, endToken: "<|im_end|>")

  private static let chatMLSource = """
    {% for message in messages %}<|im_start|>{{ message['role'] }}
    {% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] }}<|im_end|>{% endgeneration %}{{ '\\n' }}{% else %}{{ message['content'] }}<|im_end|>
    {% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
    {% endif %}
    """

  /// A template for models that have neither a template nor ChatML's tokens: roles as text, a real end token.
  static func zephyr(endToken: String) -> ChatTemplate {
    let turn = "{{ '<|' + message['role'] + '|>\\n' + message['content'] + eos_token + '\\n' }}"
    return ChatTemplate(
      family: .zephyr,
      source: "{% for message in messages %}\(turn){% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}",
      endToken: endToken, isFallback: true)
  }
}

extension ChatTemplate {
  /// A stretch of the text of a conversation.
  struct Segment: Hashable {
    var text: String
    var isTarget: Bool
  }

  /// A conversation as text, cut where what the assistant says begins and ends.
  func render(_ messages: [Message], addGenerationPrompt: Bool) -> [Segment] {
    var segments: [Segment] = []
    func append(_ text: String, isTarget: Bool = false) {
      if text.isEmpty { return }
      if segments.last?.isTarget == isTarget {
        segments[segments.count - 1].text += text
      } else {
        segments.append(Segment(text: text, isTarget: isTarget))
      }
    }
    var messages = messages
    if let defaultSystem, messages.first?.role != "system" {
      messages.insert(Message(role: "system", content: defaultSystem), at: 0)
    }
    append(opening)
    for message in messages {
      let content = trimsContent ? message.content.trimmingCharacters(in: .whitespacesAndNewlines) : message.content
      append(header(of: message.role))
      if message.role == "assistant" {
        append(content + endToken + (learnsFinalNewline ? closing : ""), isTarget: true)
        append(learnsFinalNewline ? "" : closing)
      } else {
        append(content + endToken + closing)
      }
    }
    if addGenerationPrompt { append(header(of: "assistant")) }
    return segments
  }

  /// A conversation as one text.
  public func text(of messages: [Message], addGenerationPrompt: Bool = false) -> String {
    render(messages, addGenerationPrompt: addGenerationPrompt).map(\.text).joined()
  }

  private func header(of role: String) -> String {
    switch family {
    case .chatML: "<|im_start|>\(role)\n"
    case .llama3: "<|start_header_id|>\(role)<|end_header_id|>\n\n"
    case .zephyr: "<|\(role)|>\n"
    }
  }

  private var closing: String { family == .llama3 ? "" : "\n" }
}
