import Foundation

/// Cuts the part of a text that shows why a search found it.
enum SearchSnippet {
  /// About `width` characters around the place where most terms meet, each found term between the two marks.
  static func cut(_ text: String, terms: [String], width: Int, marks: (String, String)) -> String {
    let plain = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let matches = terms.flatMap { ranges(of: $0, in: plain) }.sorted { $0.lowerBound < $1.lowerBound }
    guard let start = bestStart(matches, in: plain, width: width) else {
      return plain.count > width ? plain.prefix(width) + "…" : plain
    }
    let low = plain.index(start, offsetBy: -width / 4, limitedBy: plain.startIndex) ?? plain.startIndex
    let high = plain.index(low, offsetBy: width, limitedBy: plain.endIndex) ?? plain.endIndex
    var snippet = low > plain.startIndex ? "…" : ""
    var position = low
    for match in matches where match.lowerBound >= position && match.upperBound <= high {
      snippet += plain[position..<match.lowerBound] + marks.0 + plain[match] + marks.1
      position = match.upperBound
    }
    return snippet + plain[position..<high] + (high < plain.endIndex ? "…" : "")
  }

  /// The match from which a stretch of `width` characters holds the most further ones.
  private static func bestStart(_ matches: [Range<String.Index>], in text: String, width: Int) -> String.Index? {
    var best: (start: String.Index, count: Int)?
    for (index, match) in matches.prefix(200).enumerated() {
      let end = text.index(match.lowerBound, offsetBy: width * 3 / 4, limitedBy: text.endIndex) ?? text.endIndex
      let count = matches[index...].prefix { $0.upperBound <= end }.count
      if count > best?.count ?? 0 { best = (match.lowerBound, count) }
    }
    return best?.start
  }

  /// Where a term stands; a word that is there only in another form is found by its stem.
  private static func ranges(of term: String, in text: String) -> [Range<String.Index>] {
    var needle = Substring(term)
    while true {
      var found: [Range<String.Index>] = []
      var rest = text.startIndex..<text.endIndex
      while let match = text.range(of: needle, options: [.caseInsensitive, .diacriticInsensitive], range: rest) {
        found.append(match)
        rest = match.upperBound..<text.endIndex
      }
      // The index cuts English endings (packages, package), so at least four letters of a word must agree.
      if !found.isEmpty || needle.count <= 4 || !needle.utf8.allSatisfy({ $0 < 0x80 }) { return found }
      needle = needle.dropLast()
    }
  }
}
