/// Recognises the number in front of a heading: "1.1. ", "Chapter 3. ", "第 3 章 ", "一、", "Q12. ".
package enum SectionNumber {
  /// What stands before the title.
  package struct Prefix: Equatable {
    /// Unicode scalars to drop, with the white space after them.
    package var scalarCount: Int
    /// True for "Q12." and 问题 3：, which mark a question whatever its wording.
    package var marksQuestion: Bool
  }

  /// The prefix of `title`, or nil when it begins with its own words.
  package static func prefix(of title: String) -> Prefix? {
    let scalars = Array(title.unicodeScalars)
    guard
      let found = chineseChapter(scalars) ?? englishChapter(scalars) ?? question(scalars) ?? dotted(scalars)
        ?? enclosed(scalars) ?? chineseOrdinal(scalars)
    else { return nil }
    var prefix = found
    while prefix.scalarCount < scalars.count, scalars[prefix.scalarCount].properties.isWhitespace {
      prefix.scalarCount += 1
    }
    // A heading that is nothing but a number keeps it.
    return prefix.scalarCount < scalars.count ? prefix : nil
  }

  /// `title` without its number.
  package static func stripped(_ title: String) -> String {
    guard let prefix = prefix(of: title) else { return title }
    return String(String.UnicodeScalarView(title.unicodeScalars.dropFirst(prefix.scalarCount)))
  }

  private typealias Scalars = [Unicode.Scalar]

  private static let chineseDigits = Set("〇零一二三四五六七八九十百".unicodeScalars)
  private static let separators = Set(".:：、．)）—–-".unicodeScalars)

  /// 第 3 章, 第三节, 附录 A.
  private static func chineseChapter(_ scalars: Scalars) -> Prefix? {
    var at = 0
    if scalars.starts(with: "附录".unicodeScalars) {
      at = skipSpaces(scalars, 2)
      guard at < scalars.count, scalars[at].isASCIILetterOrDigit || chineseDigits.contains(scalars[at]) else {
        return nil
      }
      at += 1
      guard at == scalars.count || !scalars[at].properties.isAlphabetic else { return nil }
    } else {
      guard scalars.first == "第" else { return nil }
      at = skipSpaces(scalars, 1)
      let start = at
      while at < scalars.count, scalars[at].isNumberPart || chineseDigits.contains(scalars[at]) { at += 1 }
      guard at > start else { return nil }
      at = skipSpaces(scalars, at)
      guard at < scalars.count, "章节部篇讲课回".unicodeScalars.contains(scalars[at]) else { return nil }
      let isChapter = scalars[at] == "章" || scalars[at] == "节"
      at += scalars[at] == "部" && at + 1 < scalars.count && scalars[at + 1] == "分" ? 2 : 1
      // 第一章绪论 is a number and a title, but 第一部分是什么 and 第一章的内容 are sentences.
      guard at < scalars.count else { return nil }
      let isApart = separators.contains(scalars[at]) || scalars[at].properties.isWhitespace
      guard isApart || isChapter && !"的是中里有和与".unicodeScalars.contains(scalars[at]) else { return nil }
    }
    return Prefix(scalarCount: skipSeparators(scalars, at), marksQuestion: false)
  }

  /// "Chapter 3.", "Section 2.1:", "Part II.", "Appendix A.": the separator is required.
  private static func englishChapter(_ scalars: Scalars) -> Prefix? {
    for word in ["Chapter", "Section", "Part", "Appendix"] {
      guard hasPrefix(scalars, word) else { continue }
      var at = skipSpaces(scalars, word.count)
      guard at > word.count else { return nil }
      let start = at
      while at < scalars.count, scalars[at].isASCIILetterOrDigit || scalars[at] == "." { at += 1 }
      guard at > start, at - start <= 8 else { return nil }
      let number = String(String.UnicodeScalarView(scalars[start..<at]))
      let isNumber = number.allSatisfy { $0.isNumber || $0 == "." || "IVXLC".contains($0) }
      let isLetter = number.filter { $0 != "." }.count == 1 && number.first!.isUppercase
      let isClosed =
        number.hasSuffix(".") || at < scalars.count && separators.contains(scalars[skipSpaces(scalars, at, upTo: 1)])
      guard isNumber || isLetter, isClosed else { return nil }
      return Prefix(scalarCount: skipSeparators(scalars, at), marksQuestion: false)
    }
    return nil
  }

  /// "Q:", "Q12.", "Question 3:", 问：, 问题 3：.
  private static func question(_ scalars: Scalars) -> Prefix? {
    for word in ["Question", "Q", "问题", "问"] {
      guard hasPrefix(scalars, word) else { continue }
      var at = skipSpaces(scalars, word.unicodeScalars.count)
      while at < scalars.count, scalars[at].isNumberPart || chineseDigits.contains(scalars[at]) { at += 1 }
      let isClosed = scalars[at - 1] == "."
      guard isClosed || at < scalars.count && ":：、．)）".unicodeScalars.contains(scalars[at]) else { continue }
      return Prefix(scalarCount: skipSeparators(scalars, at), marksQuestion: true)
    }
    return nil
  }

  /// "1.1. ", "3.2.1 ", "4. ", "4) ", "A.1. ", 1、; but not "3 ways" and not "2.0" alone.
  private static func dotted(_ scalars: Scalars) -> Prefix? {
    var at = 0
    if scalars.count > 2, scalars[0].properties.isUppercase, scalars[0].isASCII, scalars[1] == "." {
      guard scalars[2].isDigit else { return nil }
      at = 2
    }
    let start = at
    var components = at > 0 ? 1 : 0
    while at < scalars.count, scalars[at].isDigit {
      let digits = at
      while at < scalars.count, scalars[at].isDigit { at += 1 }
      guard at - digits <= 3 else { return nil }
      components += 1
      guard at < scalars.count, scalars[at] == "." else { break }
      at += 1
    }
    guard at > start, at < scalars.count else { return nil }
    if ")）、．".unicodeScalars.contains(scalars[at]) {
      return Prefix(scalarCount: at + 1, marksQuestion: false)
    }
    let isClosed = scalars[at - 1] == "."
    guard scalars[at].properties.isWhitespace || isClosed && scalars[at].isHan, isClosed || components > 1 else {
      return nil
    }
    return Prefix(scalarCount: at, marksQuestion: false)
  }

  /// "(1) ", （一）.
  private static func enclosed(_ scalars: Scalars) -> Prefix? {
    guard scalars.first == "(" || scalars.first == "（" else { return nil }
    var at = 1
    while at < scalars.count, scalars[at].isDigit || chineseDigits.contains(scalars[at]) { at += 1 }
    guard at > 1, at < scalars.count, scalars[at] == ")" || scalars[at] == "）" else { return nil }
    return Prefix(scalarCount: at + 1, marksQuestion: false)
  }

  /// 一、 十二、.
  private static func chineseOrdinal(_ scalars: Scalars) -> Prefix? {
    var at = 0
    while at < scalars.count, chineseDigits.contains(scalars[at]) { at += 1 }
    guard at > 0, at < scalars.count, "、．.".unicodeScalars.contains(scalars[at]) else { return nil }
    return Prefix(scalarCount: at + 1, marksQuestion: false)
  }

  private static func hasPrefix(_ scalars: Scalars, _ word: String) -> Bool {
    scalars.count > word.unicodeScalars.count
      && zip(scalars, word.unicodeScalars).allSatisfy {
        $0.properties.lowercaseMapping == $1.properties.lowercaseMapping
      }
  }

  private static func skipSpaces(_ scalars: Scalars, _ from: Int, upTo limit: Int = 4) -> Int {
    var at = from
    while at < scalars.count - 1, at - from < limit, scalars[at].properties.isWhitespace { at += 1 }
    return at
  }

  private static func skipSeparators(_ scalars: Scalars, _ from: Int) -> Int {
    var at = from
    while at < scalars.count, separators.contains(scalars[at]) || scalars[at].properties.isWhitespace { at += 1 }
    return at
  }
}

extension Unicode.Scalar {
  var isDigit: Bool { ("0"..."9").contains(self) }
  var isNumberPart: Bool { isDigit || self == "." }
  var isASCIILetterOrDigit: Bool { isASCII && (properties.isAlphabetic || isDigit) }

  /// A Chinese character, extension A and compatibility forms included.
  var isHan: Bool {
    (0x4E00...0x9FFF).contains(value) || (0x3400...0x4DBF).contains(value) || (0xF900...0xFAFF).contains(value)
      || (0x20000...0x323AF).contains(value)
  }

  /// Hiragana or katakana, by which Japanese is told from Chinese.
  var isKana: Bool { (0x3041...0x30FF).contains(value) }
}
