/// A prompt and its answer as found in one document, before the corpus decides what is kept.
public struct PairCandidate: Sendable, Equatable {
  /// The rule that found it; the raw value is stored.
  public enum Rule: String, Sendable, Codable, CaseIterable {
    case questionHeading = "question-heading"
    case markedQuestion = "marked-question"
    case definition
    case section
    case identity
  }

  public var rule: Rule
  public var prompt: String
  public var response: String
  /// UTF-8 bytes of the document's text from which the prompt was made.
  public var promptRange: Range<Int>
  /// UTF-8 bytes of the answer, in order; more than one where questions of their own lie between.
  public var responseRanges: [Range<Int>]
  public var language: PairLanguage
  /// Why this can be no pair, if so.
  public var rejection: PairRejection?

  public init(
    rule: Rule, prompt: String, response: String, promptRange: Range<Int>, responseRanges: [Range<Int>],
    language: PairLanguage, rejection: PairRejection? = nil
  ) {
    self.rule = rule
    self.prompt = prompt
    self.response = response
    self.promptRange = promptRange
    self.responseRanges = responseRanges
    self.language = language
    self.rejection = rejection
  }
}

/// Why a candidate is no pair; the raw value is stored and counted.
public enum PairRejection: String, Sendable, Codable, CaseIterable {
  case emptyAnswer = "empty-answer"
  case answerOnlyLinks = "answer-only-links"
  case answerTooShort = "answer-too-short"
  case answerTooLong = "answer-too-long"
  case promptTooLong = "prompt-too-long"
  case promptEqualsAnswer = "prompt-equals-answer"
  /// A heading such as "Table of contents" or 目录, which names no subject.
  case boilerplateHeading = "boilerplate-heading"
  /// The section only introduces questions that became pairs of their own.
  case coveredByQuestions = "covered-by-questions"
  /// A template would be needed, and there is none in the text's language.
  case noTemplate = "no-template"
  /// A Chinese heading over a text that was never translated.
  case mixedLanguages = "mixed-languages"
  case duplicatePrompt = "duplicate-prompt"
  /// Another document already gave the same long answer to another prompt.
  case duplicateAnswer = "duplicate-answer"

  /// One plain sentence for reports.
  public var explanation: String {
    switch self {
    case .emptyAnswer: "nothing stands below the question"
    case .answerOnlyLinks: "the answer is only links"
    case .answerTooShort: "the answer is shorter than the recipe allows"
    case .answerTooLong: "the answer is longer than the recipe allows"
    case .promptTooLong: "the question is longer than the recipe allows"
    case .promptEqualsAnswer: "the answer only repeats the question"
    case .boilerplateHeading: "the heading names no subject"
    case .coveredByQuestions: "the section's text became questions of its own"
    case .noTemplate: "no template in this language"
    case .mixedLanguages: "heading and text are in different languages"
    case .duplicatePrompt: "the same question was found before"
    case .duplicateAnswer: "another document gave the same answer"
    }
  }
}
