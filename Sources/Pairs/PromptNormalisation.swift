import Foundation

/// The form in which two prompts count as the same question.
public enum PromptNormalisation {
  /// Letters, digits, + and # in lower case; one space between words; none beside a Chinese character.
  public static func key(_ prompt: String) -> String {
    var key = String.UnicodeScalarView()
    var pendingSpace = false
    for scalar in prompt.precomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
      guard scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "+" || scalar == "#"
      else {
        pendingSpace = true
        continue
      }
      if pendingSpace, let last = key.last, !last.isHan, !scalar.isHan { key.append(" ") }
      pendingSpace = false
      key.append(scalar)
    }
    // A prompt of marks alone ("!?") is compared as it stands.
    return key.isEmpty ? prompt : String(key)
  }
}
