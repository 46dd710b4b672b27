import Store

/// What a run of the pairs stage should make; its fingerprint decides whether the stage is stale.
public struct PairsRequest: Sendable, Equatable {
  public var mining: MiningParameters
  /// Fills the self-introduction pairs; nil for none.
  public var identity: Identity?
  public var identityLanguages: Set<PairLanguage>
  public var split: SplitRatios
  /// Decides the split, and with `mining.seed` the templates.
  public var seed: UInt64

  public init(
    mining: MiningParameters = MiningParameters(), identity: Identity? = nil,
    identityLanguages: Set<PairLanguage> = [.english, .chinese], split: SplitRatios = SplitRatios(), seed: UInt64 = 0
  ) {
    self.mining = mining
    self.identity = identity
    self.identityLanguages = identityLanguages
    self.split = split
    self.seed = seed
    self.mining.seed = seed
  }

  var readsDocuments: Bool { mining.faq || mining.definitions || mining.sections }

  /// Throws ``PairsError`` when the request makes no sense, before anything is written.
  public func validate() throws(PairsError) {
    try mining.validate()
    if let identity { _ = try IdentityTemplate.rows(for: identity, languages: identityLanguages) }
  }

  /// Everything that the result depends on besides the documents.
  var parameters: JSONValue {
    [
      "faq": .bool(mining.faq), "definitions": .bool(mining.definitions), "sections": .bool(mining.sections),
      "maximum_prompt_characters": .int(mining.maximumPromptCharacters),
      "maximum_answer_characters": .int(mining.maximumAnswerCharacters),
      "minimum_section_characters": .int(mining.minimumSectionCharacters),
      "maximum_section_characters": .int(mining.maximumSectionCharacters),
      "split": .array([.double(split.train), .double(split.validation), .double(split.test)]),
      "identity": identity.map { identity in
        [
          "name": .string(identity.name), "author": .string(identity.author),
          "description": .string(identity.description ?? ""),
          "chinese_description": .string(identity.chineseDescription ?? ""),
          "languages": .array(identityLanguages.map(\.rawValue).sorted().map(JSONValue.string)),
        ]
      } ?? nil,
    ]
  }

  func fingerprint(of documents: [CorpusDocument]) -> String {
    Fingerprint.ofStage(
      PairMiner.stage, version: MiningParameters.ruleVersion, parameters: parameters,
      inputs: documents.map { "\($0.id) \($0.textHash)" }, seed: seed)
  }
}
