import Pairs
import Testing

/// The candidates of a text, and shorthands over them.
struct Mining {
  let text: String
  let all: [PairCandidate]

  init(_ text: String, title: String? = nil, language: String? = nil, _ parameters: MiningParameters = .init()) {
    self.text = text
    all = DocumentMiner(parameters: parameters).candidates(text: text, title: title, languageTag: language)
  }

  var kept: [PairCandidate] { all.filter { $0.rejection == nil } }

  func kept(_ rule: PairCandidate.Rule) -> [PairCandidate] { kept.filter { $0.rule == rule } }

  func answer(_ prompt: String) -> String? { kept.first { $0.prompt == prompt }?.response }

  func rejection(_ prompt: String) -> PairRejection? { all.first { $0.prompt == prompt }?.rejection }

  /// The source bytes that a candidate names.
  func source(_ range: Range<Int>) -> String { String(decoding: Array(text.utf8)[range], as: UTF8.self) }
}
