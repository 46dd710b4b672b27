/// The outline of a Jinja template: its literal text as it is written out, with marks where expressions and blocks are.
///
/// `{{ '<|im_start|>' + message['role'] + '\n' }}` becomes `<|im_start|>‹message['role']›` and a newline;
/// `{% if x %}` becomes `«if x»`. White space around blocks goes as transformers has it (`trim_blocks`,
/// `lstrip_blocks`, `-`), comments vanish.
struct JinjaOutline {
  private(set) var text = ""
  private(set) var expressions: [String] = []
  private(set) var blocks: [String] = []

  init(_ template: String) {
    var rest = Substring(template)
    if rest.last == "\n" { rest.removeLast() }
    while let open = Self.firstTag(in: rest) {
      var literal = String(rest[..<open])
      let kind = rest[rest.index(after: open)]
      guard let close = Self.end(of: kind, in: rest[open...]) else { break }
      var body = rest[rest.index(open, offsetBy: 2)..<close]
      rest = rest[rest.index(close, offsetBy: 2)...]
      if body.first == "-" {
        body = body.dropFirst()
        while literal.last?.isWhitespace == true { literal.removeLast() }
      } else if kind != "{" {
        let line = literal.lastIndex(of: "\n").map { literal.index(after: $0) } ?? literal.startIndex
        if literal[line...].allSatisfy({ $0 == " " || $0 == "\t" }) { literal.removeSubrange(line...) }
      }
      text += literal
      if body.last == "-" {
        body = body.dropLast()
        rest = rest.drop(while: \.isWhitespace)
      } else if kind != "{" && rest.first == "\n" {
        rest = rest.dropFirst()
      }
      let content = Self.trimmed(body)
      if kind == "{" { append(expression: content) }
      if kind == "%" {
        blocks.append(content)
        text += "«\(content)»"
      }
    }
    text += rest
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  private static func firstTag(in text: Substring) -> Substring.Index? {
    var index = text.startIndex
    while let brace = text[index...].firstIndex(of: "{") {
      let next = text.index(after: brace)
      guard next < text.endIndex else { return nil }
      if "{%#".contains(text[next]) { return brace }
      index = next
    }
    return nil
  }

  /// Where `}}`, `%}` or `#}` stands outside of quotes.
  private static func end(of kind: Character, in text: Substring) -> Substring.Index? {
    let closer: Character = kind == "{" ? "}" : kind
    var quote: Character?
    var index = text.index(text.startIndex, offsetBy: 2)
    while index < text.endIndex {
      let character = text[index]
      let next = text.index(after: index)
      if let open = quote {
        if character == "\\" { index = next }
        if character == open { quote = nil }
      } else if kind != "#" && (character == "'" || character == "\"") {
        quote = character
      } else if character == closer && next < text.endIndex && text[next] == "}" {
        return index
      }
      guard index < text.endIndex else { return nil }
      index = text.index(after: index)
    }
    return nil
  }

  /// Writes out the string literals of a sum, and marks its other terms.
  private mutating func append(expression: String) {
    for term in Self.terms(of: expression) {
      if let literal = Self.literal(term) {
        text += literal
      } else {
        expressions.append(term)
        text += "‹\(term)›"
      }
    }
  }

  private static func terms(of expression: String) -> [String] {
    var terms: [String] = []
    var term = ""
    var quote: Character?
    var depth = 0
    var isEscaped = false
    for character in expression {
      if let open = quote {
        if !isEscaped && character == open { quote = nil }
        isEscaped = !isEscaped && character == "\\"
      } else if character == "'" || character == "\"" {
        quote = character
      } else if "([{".contains(character) {
        depth += 1
      } else if ")]}".contains(character) {
        depth -= 1
      } else if character == "+" && depth == 0 {
        terms.append(trimmed(term[...]))
        term = ""
        continue
      }
      term.append(character)
    }
    return terms + [trimmed(term[...])]
  }

  private static func literal(_ term: String) -> String? {
    guard term.count >= 2, let quote = term.first, quote == "'" || quote == "\"", term.last == quote else { return nil }
    var result = ""
    var isEscaped = false
    for character in term.dropFirst().dropLast() {
      if isEscaped {
        result.append(character == "n" ? "\n" : character == "t" ? "\t" : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == quote {
        return nil
      } else {
        result.append(character)
      }
    }
    return result
  }
}
