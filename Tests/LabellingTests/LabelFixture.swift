import Foundation
import Store

/// A store with comparisons to label, in a folder of its own.
final class LabelFixture {
  let folder: URL
  let store: Store
  let comparisons: [Comparison]

  var path: String { folder.appendingPathComponent("store.sqlite").path }

  /// - Parameter rows: question, answer a, answer b.
  init(_ rows: [(String, String, String)]) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("label-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let store = try Store(path: folder.appendingPathComponent("store.sqlite").path)
    self.store = store
    comparisons = try store.atomically {
      try rows.map { question, a, b in
        let prompt = try store.addPrompts([
          Prompt(messages: [Message(role: .user, content: question)], origin: "written", split: .train)
        ])[0].id
        let answers = try store.addCompletions([
          Completion(prompt: prompt, text: a), Completion(prompt: prompt, text: b),
        ])
        let comparison = Comparison(
          prompt: prompt, completionA: answers[0].id, completionB: answers[1].id, origin: .sampled)
        try store.addComparisons([comparison])
        return comparison
      }
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Numbered comparisons; answer a is "good n", answer b is "bad n".
  convenience init(count: Int) throws {
    try self.init((0..<count).map { ("question \($0)", "good \($0)", "bad \($0)") })
  }

  func annotator(_ name: String = "mei") throws -> Annotator {
    try store.annotator(name: name, kind: .person)
  }

  /// The standing verdicts of an annotator by question number.
  func verdicts(_ name: String = "mei") throws -> [Verdict?] {
    let judgements = try store.currentJudgements(annotator: annotator(name).id)
    return comparisons.map { comparison in judgements.first { $0.comparison == comparison.id }?.verdict }
  }
}
