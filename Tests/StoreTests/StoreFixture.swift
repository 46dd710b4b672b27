import Foundation
import Store

/// A store in a folder of its own, which goes away with it.
final class StoreFixture {
  let folder: URL
  let store: Store

  var path: String { folder.appendingPathComponent("store.sqlite").path }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("store-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    store = try Store(path: folder.appendingPathComponent("store.sqlite").path)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Adds a source of one kept document with this text.
  @discardableResult
  func addDocument(_ text: String, title: String? = nil, uri: String? = nil) throws -> (
    source: String, document: String
  ) {
    let bytes = Data(text.utf8)
    let source = try store.addSource(
      Source(hash: ContentHash.of(bytes), bytes: bytes.count, mediaType: "text/plain", encoding: "utf-8"))
    try store.recordLocation(SourceLocation(source: source.id, uri: uri ?? "file:///\(source.id).txt"))
    let document = Document(
      source: source.id, sourceRange: 0..<bytes.count, title: title, language: "en", text: text,
      spanMap: .identity(count: bytes.count), extractor: "text/1")
    return (source.id, try store.addDocuments([document])[0].id)
  }

  /// Adds a sampled comparison of two answers.
  @discardableResult
  func addComparison(_ question: String, _ a: String, _ b: String, split: Split = .train) throws -> Comparison {
    let prompt = try store.addPrompts([
      Prompt(messages: [Message(role: .user, content: question)], origin: "written", split: split)
    ])[0].id
    let answers = try store.addCompletions([Completion(prompt: prompt, text: a), Completion(prompt: prompt, text: b)])
    let added = try store.addComparisons([
      Comparison(prompt: prompt, completionA: answers[0].id, completionB: answers[1].id, origin: .sampled)
    ])
    guard let comparison = try store.comparison(id: added[0].id) else { throw StoreError.notFound(id: added[0].id) }
    return comparison
  }
}
