import Foundation

/// Markdown's marks inside a line: emphasis around a whole title, links, escapes.
enum InlineMarks {
  /// `range` without the emphasis marks that wrap all of it, as in "**What is Debian?**".
  static func unwrapped(_ source: SourceText, _ range: Range<Int>) -> Range<Int> {
    var range = source.trimmed(range)
    for mark in ["**", "__", "*", "_"] {
      let bytes = Array(mark.utf8)
      let count = bytes.count
      guard range.count > 2 * count, source.bytes[range].starts(with: bytes),
        source.bytes[range].suffix(count).elementsEqual(bytes),
        !source.string(range.lowerBound + count..<range.upperBound - count).contains(mark)
      else { continue }
      range = source.trimmed(range.lowerBound + count..<range.upperBound - count)
    }
    return range
  }

  /// `text` as one would say it: links reduced to their words, no marks of emphasis or code, no escapes.
  static func plain(_ text: String) -> String {
    guard text.contains(where: { "[\\*_`".contains($0) }) else { return text }
    var result = text.replacing(#/!?\[([^\[\]]*)\]\([^()\s]*(?:\s"[^"]*")?\)/#) { String($0.output.1) }
    result = result.replacing("**", with: "")
    result = result.replacing(#/(^|[\s(（“])\*([^*\s](?:[^*]*[^*\s])?)\*(?=$|[\s.,;:!?)）”，。？！、])/#) {
      "\($0.output.1)\($0.output.2)"
    }
    // An old-style quotation such as `frozen' is no code.
    result = result.replacing(#/`([^`\s'](?:[^`']*[^`\s'])?)`/#) { String($0.output.1) }
    return result.replacing(#/\\([\\`*_{}\[\]()#+\-.!<>|~])/#) { String($0.output.1) }
  }
}

extension String {
  func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
    var end = endIndex
    while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
    return self[..<end]
  }
}
