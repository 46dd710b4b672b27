/// What the miner looks for and which answers it accepts; part of the key under which results are cached.
public struct MiningParameters: Sendable, Codable, Equatable {
  /// Changes whenever a rule changes what is found, so that documents are mined again.
  public static let ruleVersion = 1

  /// Question headings, "Q:" paragraphs.
  public var faq: Bool
  /// Definition lists.
  public var definitions: Bool
  /// Headings that do not ask.
  public var sections: Bool
  /// Longest question, in characters.
  public var maximumPromptCharacters: Int
  /// Longest answer to a question, in characters.
  public var maximumAnswerCharacters: Int
  /// Shortest and longest text of a section, in characters; for the shortest a Chinese character counts as three.
  public var minimumSectionCharacters: Int
  public var maximumSectionCharacters: Int
  /// Chooses among the templates of section prompts.
  public var seed: UInt64

  public init(
    faq: Bool = true, definitions: Bool = true, sections: Bool = true, maximumPromptCharacters: Int = 400,
    maximumAnswerCharacters: Int = 16_000, minimumSectionCharacters: Int = 80, maximumSectionCharacters: Int = 8_000,
    seed: UInt64 = 0
  ) {
    self.faq = faq
    self.definitions = definitions
    self.sections = sections
    self.maximumPromptCharacters = maximumPromptCharacters
    self.maximumAnswerCharacters = maximumAnswerCharacters
    self.minimumSectionCharacters = minimumSectionCharacters
    self.maximumSectionCharacters = maximumSectionCharacters
    self.seed = seed
  }

  /// Throws ``PairsError/badParameter(name:value:rule:)`` on bounds that no text can meet.
  public func validate() throws(PairsError) {
    if maximumPromptCharacters < 1 {
      throw .badParameter(
        name: "maximum_prompt_characters", value: "\(maximumPromptCharacters)", rule: "it must be at least 1")
    }
    if maximumAnswerCharacters < 1 {
      throw .badParameter(
        name: "maximum_answer_characters", value: "\(maximumAnswerCharacters)", rule: "it must be at least 1")
    }
    if minimumSectionCharacters > maximumSectionCharacters {
      throw .badParameter(
        name: "minimum_section_characters", value: "\(minimumSectionCharacters)",
        rule: "it must not exceed maximum_section_characters (\(maximumSectionCharacters))")
    }
  }
}
