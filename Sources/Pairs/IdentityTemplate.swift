/// Who the model is; fills the self-introduction pairs.
public struct Identity: Sendable, Hashable, Codable {
  public var name: String
  public var author: String
  /// One sentence about what the model is for; English and Chinese may differ.
  public var description: String?
  public var chineseDescription: String?

  public init(name: String, author: String, description: String? = nil, chineseDescription: String? = nil) {
    self.name = name
    self.author = author
    self.description = description
    self.chineseDescription = chineseDescription
  }
}

/// Self-introduction pairs in English and Chinese: several phrasings of each intent, one answer for all of them.
///
/// A template pair has no source document, so its split cannot go by document. It goes by phrasing: every intent that
/// is asked in validation or test is asked in other words in train, so those rows measure whether the model learnt
/// the intent and not the sentence.
public struct IdentityTemplate: Sendable {
  /// One thing that people ask a model about itself.
  public struct Intent: Sendable, Equatable {
    public var name: String
    public var language: PairLanguage
    public var phrasings: [String]
    /// May hold {{name}}, {{author}} and {{description}}.
    public var answer: String
  }

  /// A filled pair with the intent that it asks.
  public struct Row: Sendable, Equatable {
    public var intent: String
    public var language: PairLanguage
    public var prompt: String
    public var response: String
  }

  public static let intents: [Intent] = englishIntents + chineseIntents

  /// All rows for an identity, in a fixed order.
  /// - Throws: ``PairsError/missingIdentity(_:)`` for a blank name or author.
  public static func rows(for identity: Identity, languages: Set<PairLanguage> = [.english, .chinese])
    throws(PairsError) -> [Row]
  {
    if identity.name.trimmingBlankEnds().isEmpty { throw .missingIdentity("name") }
    if identity.author.trimmingBlankEnds().isEmpty { throw .missingIdentity("author") }
    return intents.filter { languages.contains($0.language) }.flatMap { intent in
      intent.phrasings.map { phrasing in
        Row(
          intent: "\(intent.language.rawValue)/\(intent.name)", language: intent.language,
          prompt: fill(phrasing, identity, intent.language), response: fill(intent.answer, identity, intent.language))
      }
    }
  }

  private static func fill(_ template: String, _ identity: Identity, _ language: PairLanguage) -> String {
    let description =
      switch language {
      case .chinese: identity.chineseDescription ?? "我可以回答问题，并帮助你完成工作。"
      default: identity.description ?? "I answer questions and help people get their work done."
      }
    let filled = template.replacing("{{description}}", with: description)
      .replacing("{{name}}", with: identity.name).replacing("{{author}}", with: identity.author)
    return language == .chinese ? spacedAroundLatin(filled) : filled
  }

  /// Puts a space between Chinese characters and Latin letters or digits, as the templates themselves do.
  private static func spacedAroundLatin(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if let last = result.last,
        last.isHan && scalar.isASCIILetterOrDigit || last.isASCIILetterOrDigit && scalar.isHan
      {
        result.append(" ")
      }
      result.append(scalar)
    }
    return String(result)
  }
}
