extension ChatTemplate {
  /// Recognises a Jinja template as one of the families.
  ///
  /// The template is not run. Its outline must write every message in the family's one form, and use nothing that
  /// makes a message depend on more than its role and content (reasoning, dates); branches for tools are passed over.
  ///
  /// - Throws: `TokenizerError.unknownTemplate` that says what was not recognised.
  init(recognising source: String, file: String, beginToken: String?, endToken: String?) throws {
    let outline = JinjaOutline(source)
    let text = outline.text
    func unknown(_ reason: String) -> TokenizerError { .unknownTemplate(file: file, reason: reason) }

    let hasTools = outline.blocks.contains { $0.hasPrefix("if tools") }
    for word in ["think", "reasoning", "namespace", "date_string", "strftime", "capitalize", "image"] {
      if source.contains(word) { throw unknown("it uses \"\(word)\"") }
    }
    if !hasTools, let block = outline.blocks.first(where: { !Self.isPlain($0) }) {
      throw unknown("it has {% \(block) %}")
    }

    let form = try Self.form(of: text, endToken: endToken, unknown)
    let generation = text.firstMatch(of: /«generation»(?<block>(?s:.*?))«endgeneration»/).map { $0.output.block }
    self.init(
      family: form.family, source: source, defaultSystem: form.family == .chatML ? Self.defaultSystem(in: text) : nil,
      marksGeneration: generation != nil, learnsFinalNewline: generation?.contains(form.end + "\n") ?? false,
      trimsContent: try Self.trimsContent(outline, source, form.family, unknown),
      opening: source.contains("bos_token") ? beginToken ?? "" : "",
      endToken: form.end == "‹eos_token›" ? endToken ?? "" : form.end)
  }

  private static func trimsContent(
    _ outline: JinjaOutline, _ source: String, _ family: Family, _ unknown: (String) -> TokenizerError
  ) throws -> Bool {
    if family == .llama3 { return source.contains("| trim") }
    let contents = outline.expressions.filter {
      $0.contains("content") && (!$0.contains("(") || $0.contains(".strip()"))
    }
    let trimmed = contents.filter { $0.contains("trim") || $0.contains(".strip()") }
    if contents.isEmpty { throw unknown("it writes no message['content']") }
    if !trimmed.isEmpty && trimmed.count != contents.count { throw unknown("it trims some contents and not others") }
    return !trimmed.isEmpty
  }

  /// The family whose header and ending the outline writes, or an error that says what is missing.
  private static func form(
    of text: String, endToken: String?, _ unknown: (String) -> TokenizerError
  ) throws -> (family: Family, end: String) {
    if text.contains("<|im_start|>") {
      guard text.contains("<|im_start|>assistant\n") else {
        throw unknown("no generation prompt <|im_start|>assistant")
      }
      guard text.contains(/<\|im_start\|>(‹[^›]*role[^›]*›|assistant)(«[^»]*»)*\n/) else {
        throw unknown("<|im_start|> is not followed by a role and a newline")
      }
      guard text.contains(/‹[^›]*content[^›]*›<\|im_end\|>(«[^»]*»)*\n/) else {
        throw unknown("a content is not followed by <|im_end|> and a newline")
      }
      if text.contains(/<\|im_end\|>(«[^»]*»)*[^\n«]/) { throw unknown("<|im_end|> is not followed by a newline") }
      return (.chatML, "<|im_end|>")
    }
    if text.contains("<|start_header_id|>") {
      // Llama 3 sets each message to a variable before it writes it, so that the outline lacks the form itself.
      guard text.contains("<|start_header_id|>assistant<|end_header_id|>\n\n"), text.contains("<|eot_id|>") else {
        throw unknown("no generation prompt <|start_header_id|>assistant<|end_header_id|>")
      }
      return (.llama3, "<|eot_id|>")
    }
    if text.contains("<|user|>") || text.contains("‹message['role']›|>") {
      guard endToken != nil else { throw unknown("it ends messages with eos_token, and no file names that token") }
      guard text.contains(/\|>\n‹[^›]*content[^›]*›‹eos_token›\n/) else {
        throw unknown("a message is not <|role|>, newline, content, eos_token, newline")
      }
      return (.zephyr, "‹eos_token›")
    }
    throw unknown("none of the marks of a known family is in it")
  }

  private static func defaultSystem(in text: String) -> String? {
    text.firstMatch(of: /<\|im_start\|>system\n([^‹«<]+)<\|im_end\|>\n/).map { String($0.output.1) }
  }

  /// Whether a block only loops over messages and asks for roles, positions and the generation prompt.
  private static func isPlain(_ block: String) -> Bool {
    let known: Set<Substring> = [
      "for", "in", "if", "elif", "else", "endif", "endfor", "generation", "endgeneration", "messages", "message", "m",
      "loop_messages", "role", "content", "loop", "first", "index0", "add_generation_prompt", "is", "not", "defined",
      "and", "or", "system", "user", "assistant", "true", "false", "bos_token", "0", "1", "2",
    ]
    if block == "if loop.last and add_generation_prompt" || block == "set loop_messages = messages" { return true }
    if block.hasPrefix("set content = '<|start_header_id|>'") || block == "set content = bos_token + content" {
      return true
    }
    return block.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }).allSatisfy(known.contains)
  }
}
