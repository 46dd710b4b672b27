import CPCRE2
import Foundation

/// A compiled regular expression (PCRE2, UTF-8 and Unicode properties, just-in-time where the machine allows).
final class Pattern: @unchecked Sendable {
  /// A compiled pattern is not written to after `init`, so threads may share it; match data they may not.
  private let code: OpaquePointer
  private let isCompiledToMachineCode: Bool

  /// - Throws: `TokenizerError.unsupported` with PCRE2's message if the pattern does not compile.
  init(_ pattern: String, file: String) throws {
    let source = Self.translated(pattern)
    var errorCode: Int32 = 0
    var errorOffset = 0
    let options = UInt32(PCRE2_UTF) | UInt32(PCRE2_UCP) | UInt32(PCRE2_NO_UTF_CHECK)
    let bytes = Array(source.utf8)
    guard let code = pcre2_compile_8(bytes, bytes.count, options, &errorCode, &errorOffset, nil) else {
      var message = [UInt8](repeating: 0, count: 256)
      pcre2_get_error_message_8(errorCode, &message, message.count)
      let reason = String(decoding: message.prefix { $0 != 0 }, as: UTF8.self)
      throw TokenizerError.unsupported(
        file: file, feature: "the regular expression \"\(pattern)\" (\(reason) at \(errorOffset))",
        supported: "what PCRE2 compiles")
    }
    self.code = code
    isCompiledToMachineCode = pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE)) == 0
  }

  deinit { pcre2_code_free_8(code) }

  /// Rust's and Oniguruma's `\s` is the property White_Space; PCRE2's own has U+180E as well.
  private static func translated(_ pattern: String) -> String {
    var result = ""
    var isEscaped = false
    for character in pattern {
      switch (isEscaped, character) {
      case (true, "s"): result += "\\p{White_Space}"
      case (true, "S"): result += "\\P{White_Space}"
      case (true, _): result += "\\\(character)"
      case (false, "\\"): break
      case (false, _): result.append(character)
      }
      isEscaped = !isEscaped && character == "\\"
    }
    return result
  }

  /// Room for the offsets of one match; one for each thread that matches.
  final class MatchData: @unchecked Sendable {
    fileprivate let pointer = pcre2_match_data_create_8(1, nil)!
    deinit { pcre2_match_data_free_8(pointer) }
  }

  /// Calls `body` with the range of every match in valid UTF-8, from left to right; empty matches are passed over.
  func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, using data: MatchData, _ body: (Range<Int>) -> Void
  ) {
    guard let base = text.baseAddress else { return }
    let offsets = pcre2_get_ovector_pointer_8(data.pointer)!
    var start = 0
    while start < text.count {
      guard match(base, text.count, start, data) > 0 else { return }
      let range = offsets[0]..<offsets[1]
      if range.isEmpty {
        start = max(start, range.upperBound) + 1
        while start < text.count && text[start] & 0xC0 == 0x80 { start += 1 }
      } else {
        body(range)
        start = range.upperBound
      }
    }
  }

  @inline(__always)
  private func match(_ base: UnsafePointer<UInt8>, _ count: Int, _ start: Int, _ data: MatchData) -> Int32 {
    if isCompiledToMachineCode {
      let result = pcre2_jit_match_8(code, base, count, start, 0, data.pointer, nil)
      if result != PCRE2_ERROR_JIT_STACKLIMIT { return result }
    }
    return pcre2_match_8(
      code, base, count, start, UInt32(PCRE2_NO_UTF_CHECK) | UInt32(PCRE2_NO_JIT), data.pointer, nil)
  }
}
