import Store
import Tokenizers
import Training

import struct Store.Message

/// The store's rows in the form that trainers take, in an order that depends on content alone.
///
/// Row ids hold the time of their making, so an order by id would differ from run to run.
package struct TrainingData {
  package let store: Store

  package init(_ store: Store) { self.store = store }

  /// Valid pairs of a split, by the hash of their messages, for stages that hold them in memory.
  package func pairs(_ split: Split) throws -> [Pair] {
    try store.pairs(PairFilter(split: split)).sorted { $0.hash < $1.hash }
  }

  /// The questions of pairs, stored as prompts: everything up to the last answer.
  package func prompts(_ splits: [Split], origins: [String], limit: Int = 0) throws -> [Prompt] {
    var prompts: [Prompt] = []
    for split in splits {
      var fresh: [Prompt] = []
      var seen: Set<String> = []
      try PairSelection(store, split: split, origins: origins).forEachPair { pair in
        let messages = try pair.messages()
        guard let answer = messages.lastIndex(where: { $0.role == .assistant }), answer > 0 else { return }
        let prompt = Prompt(
          messages: Array(messages[..<answer]), origin: "pair", language: pair.language, split: split,
          pair: pair.id)
        if seen.insert(prompt.hash).inserted { fresh.append(prompt) }
      }
      fresh.sort { $0.hash < $1.hash }
      if limit > 0 { fresh = Array(fresh.prefix(limit)) }
      let stored = try store.addPrompts(fresh)
      for (index, added) in stored.enumerated() {
        guard let prompt = try store.prompt(id: added.id) else { continue }
        // A question that stands in two splits belongs to the one that it was first stored with.
        if added.isNew || prompt.split == fresh[index].split { prompts.append(prompt) }
      }
    }
    return prompts
  }

  /// Judged comparisons among `comparisons`, by content.
  package func preferences(_ comparisons: Set<String>, kind: Annotator.Kind?, name: String? = nil) throws
    -> [Preference]
  {
    try store.preferences(PreferenceFilter(annotatorKind: kind, annotatorName: name))
      .filter { comparisons.isEmpty || comparisons.contains($0.comparison) }
      .sorted {
        ($0.prompt.hash, $0.chosen.text, $0.rejected.text) < ($1.prompt.hash, $1.chosen.text, $1.rejected.text)
      }
  }

  package static func hash(_ prompts: [Prompt]) -> String {
    ContentHash.of(prompts.map { "\($0.hash) \($0.split.rawValue)" }.joined(separator: "\n"))
  }

  package static func hash(_ preferences: [Preference]) -> String {
    let lines = preferences.map {
      [$0.prompt.hash, $0.prompt.split.rawValue, ContentHash.of($0.chosen.text), ContentHash.of($0.rejected.text)]
        .joined(separator: " ")
    }
    return ContentHash.of(lines.joined(separator: "\n"))
  }
}

extension Tokenizer {
  package func conversation(_ messages: [Message], addGenerationPrompt: Bool = false) -> EncodedConversation {
    encode(
      conversation: messages.map { Tokenizers.Message(role: $0.role.rawValue, content: $0.content) },
      addGenerationPrompt: addGenerationPrompt)
  }

  package func row(_ pair: Pair) -> TrainingRow { row(id: pair.id, pair.messages) }

  package func row(id: String, _ messages: [Message]) -> TrainingRow {
    let encoded = conversation(messages)
    return TrainingRow(id: id, tokens: encoded.tokens, isTarget: encoded.isTarget)
  }

  package func row(_ prompt: Prompt) -> PromptRow {
    PromptRow(id: prompt.id, tokens: conversation(prompt.messages, addGenerationPrompt: true).tokens)
  }

  package func row(_ preference: Preference) -> PreferenceRow {
    PreferenceRow(
      id: preference.comparison,
      prompt: conversation(preference.prompt.messages, addGenerationPrompt: true).tokens,
      chosen: answer(preference.chosen), rejected: answer(preference.rejected))
  }

  /// The tokens of an answer as the model gave them: with the end of turn, unless it was cut off.
  private func answer(_ completion: Completion) -> [Int32] {
    let end = endOfTurn.map { [$0] } ?? []
    guard let tokens = completion.tokens else { return encode(completion.text, parsingSpecial: false) + end }
    return completion.finishReason == "length" ? tokens : tokens + end
  }
}

/// The questions that a store's pairs ask.
public enum StorePrompts {
  /// Questions of a split, in an order that depends on their content alone; they are stored as prompts.
  public static func questions(in store: Store, split: Split, limit: Int = 0) throws -> [Prompt] {
    try TrainingData(store).prompts([split], origins: [], limit: limit)
  }
}
