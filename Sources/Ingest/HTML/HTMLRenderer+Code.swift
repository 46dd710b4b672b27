extension HTMLRenderer {
  /// A fenced block with the exact contents, without the line end that HTML ignores after `<pre>`.
  mutating func renderPreformatted(_ index: Int) {
    if writer.isSingleLine { return renderChildren(index) }
    var pieces: [(text: [UInt8], source: Range<Int>)] = []
    collect(index, into: &pieces)
    dropFirstLineEnd(&pieces)
    guard pieces.contains(where: { $0.text.contains { $0 > 32 } }) else { return }
    if let last = pieces.indices.last, pieces[last].text.last == 10 {
      pieces[last].text.removeLast()
      if !pieces[last].source.isEmpty {
        pieces[last].source = pieces[last].source.lowerBound..<pieces[last].source.upperBound - 1
      }
    }
    writer.appendCode(pieces, language: codeLanguage(index))
  }

  private func collect(_ index: Int, into pieces: inout [(text: [UInt8], source: Range<Int>)]) {
    for child in tree.children(index) where !filter.isDropped[child] {
      let node = tree.nodes[child]
      switch node.tag {
      case .text:
        let text = tree.bytes[Int(node.contents.lowerBound)..<Int(node.contents.upperBound)]
        append(Array(text), Int(node.source.lowerBound)..<Int(node.source.upperBound), to: &pieces)
      case .br: pieces.append(([10], 0..<0))
      case .img:
        if let alt = tree.attribute(.alt, of: child), alt.count <= 2, alt.allSatisfy(\.isNumber) {
          pieces.append((Array("(\(alt))".utf8), 0..<0))
        }
      default: collect(child, into: &pieces)
      }
    }
  }

  /// Splits a run at carriage returns, which are line ends of their own or part of one.
  private func append(
    _ text: [UInt8], _ source: Range<Int>, to pieces: inout [(text: [UInt8], source: Range<Int>)]
  ) {
    guard text.contains(13), text.count == source.count else {
      pieces.append((text, source))
      return
    }
    var start = 0
    for (position, byte) in text.enumerated() where byte == 13 {
      pieces.append((Array(text[start..<position]), source.lowerBound + start..<source.lowerBound + position))
      start = position + 1
      if start >= text.count || text[start] != 10 { pieces.append(([10], 0..<0)) }
    }
    pieces.append((Array(text[start...]), source.lowerBound + start..<source.upperBound))
  }

  private func dropFirstLineEnd(_ pieces: inout [(text: [UInt8], source: Range<Int>)]) {
    guard let first = pieces.firstIndex(where: { !$0.text.isEmpty }), pieces[first].text[0] == 10 else { return }
    let isExact = pieces[first].text.count == pieces[first].source.count
    pieces[first].text.removeFirst()
    if isExact { pieces[first].source = pieces[first].source.lowerBound + 1..<pieces[first].source.upperBound }
  }

  /// The language that highlighters note in class names: `language-swift`, `lang-c`, `highlight-python`, `brush: js`.
  private func codeLanguage(_ index: Int) -> String {
    var candidates = [index]
    for child in tree.children(index) where tree.tag(child) == .code { candidates.append(child) }
    if tree.nodes[index].parent > 0 {
      let parent = Int(tree.nodes[index].parent)
      candidates.append(parent)
      if tree.nodes[parent].parent > 0 { candidates.append(Int(tree.nodes[parent].parent)) }
    }
    for candidate in candidates {
      let names = tree.classNames(of: candidate)
      for (position, name) in names.enumerated() {
        for prefix in ["language-", "lang-", "highlight-source-", "highlight-"] where name.hasPrefix(prefix) {
          let language = String(name.dropFirst(prefix.count))
          let isName = language.allSatisfy { $0.isLetter || $0.isNumber || "+#-".contains($0) }
          if isName, !["default", "none", "text", "plaintext", "notranslate"].contains(language) { return language }
        }
        if name == "brush:", position + 1 < names.count { return names[position + 1].filter { $0 != ";" } }
      }
    }
    return ""
  }
}
