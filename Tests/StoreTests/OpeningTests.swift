import Foundation
import Store
import Synchronization
import Testing

@Suite struct OpeningTests {
  private func file(_ bytes: Data) throws -> String {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sqlite")
    try bytes.write(to: url)
    return url.path
  }

  /// The bytes of a closed store, with a 32-bit field of the header changed.
  private func storeBytes(field: Int, value: UInt32) throws -> Data {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    do { _ = try Store(path: path) }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    withUnsafeBytes(of: value.bigEndian) { bytes.replaceSubrange(field..<field + 4, with: $0) }
    return bytes
  }

  @Test func makesAndReopens() throws {
    let fixture = try StoreFixture()
    try fixture.addDocument("你好，世界。")
    let again = try Store(path: fixture.path, access: .existing)
    #expect(try again.documentCount() == 1)
    #expect(try again.verify().isSound)
  }

  @Test func newerSchemaIsRefusedUntouched() throws {
    let bytes = try storeBytes(field: 60, value: 999)
    let path = try file(bytes)
    defer { try? FileManager.default.removeItem(atPath: path) }
    for access in [Store.Access.create, .existing, .readOnly] {
      #expect(throws: StoreError.newerSchema(path: path, found: 999, known: Store.schemaVersion)) {
        try Store(path: path, access: access)
      }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
    let line = StoreError.newerSchema(path: path, found: 999, known: 5).description
    #expect(line.contains("newer program") && !line.contains("\n"))
  }

  @Test func otherFilesAreRefusedUntouched() throws {
    let text = try file(Data("This is no database, but a text of more than a hundred bytes. 这不是数据库。 Really not.".utf8))
    let foreign = try file(storeBytes(field: 68, value: 7))
    defer { for path in [text, foreign] { try? FileManager.default.removeItem(atPath: path) } }
    #expect(throws: StoreError.notADatabase(path: text)) { try Store(path: text) }
    #expect(throws: StoreError.foreignDatabase(path: foreign)) { try Store(path: foreign) }
    #expect(throws: StoreError.missing(path: "/nowhere/store")) {
      try Store(path: "/nowhere/store", access: .existing)
    }
    #expect(throws: StoreError.self) { try Store(path: "/nowhere/store") }
    #expect(throws: StoreError.self) { try Store(path: NSTemporaryDirectory()) }
  }

  @Test func readOnlyStoreCannotBeWritten() throws {
    let fixture = try StoreFixture()
    try fixture.addDocument("text")
    let store = try Store(path: fixture.path, access: .readOnly)
    #expect(try store.documentCount() == 1)
    #expect(throws: StoreError.readOnly(path: fixture.path)) { try store.clearFailure(uri: "x") }
  }

  @Test func fullDiskIsOneClearErrorAndLosesNothing() throws {
    let fixture = try StoreFixture()
    try fixture.addDocument("kept")
    let path = fixture.path
    let small = try Store(path: path, access: .existing, maximumBytes: 600_000)
    let source = try #require(try small.sources().first)
    #expect(throws: StoreError.diskFull(path: path)) {
      try small.addDocuments([
        Document(
          source: source.id, ordinal: 1, sourceRange: 0..<0, text: String(repeating: "x", count: 2_000_000),
          extractor: "text/1")
      ])
    }
    #expect(try small.documentCount() == 1)
    #expect(try small.verify().isSound)
  }

  @Test func damageIsFound() throws {
    let fixture = try StoreFixture()
    for index in 0..<200 { try fixture.addDocument("document \(index) " + String(repeating: "word ", count: 50)) }
    let copy = fixture.folder.appendingPathComponent("copy.sqlite").path
    // A checkpoint of the log, so that the main file holds everything.
    _ = try Store(path: fixture.path).verify()
    try FileManager.default.copyItem(atPath: fixture.path, toPath: copy)
    let handle = try #require(FileHandle(forWritingAtPath: copy))
    try handle.seek(toOffset: 4096 * 3)
    try handle.write(contentsOf: Data(repeating: 0xA5, count: 4096 * 4))
    try handle.close()
    let isFound: Bool
    do {
      isFound = try !Store(path: copy, access: .existing).verify().isSound
    } catch let error as StoreError {
      if case .corrupt = error { isFound = true } else { isFound = false }
    }
    #expect(isFound)
  }

  @Test func severalCallsAreOneTransaction() throws {
    struct Stop: Error {}
    let fixture = try StoreFixture()
    #expect(throws: Stop.self) {
      try fixture.store.atomically {
        try fixture.addDocument("one")
        try fixture.store.atomically { _ = try fixture.addDocument("two") }
        #expect(try fixture.store.documentCount() == 2)
        throw Stop()
      }
    }
    #expect(try fixture.store.documentCount() == 0)
    #expect(try fixture.store.sources().isEmpty)
  }

  @Test func everyCommitIsOnTheDisk() throws {
    let fixture = try StoreFixture()
    #expect(try fixture.store.synchronousLevel == 2)
    #expect(try Store(path: fixture.path, access: .existing).synchronousLevel == 2)
  }

  @Test(arguments: 0..<10) func manyMayOpenANewStoreAtOnce(round: Int) throws {
    let fixture = try StoreFixture()
    let path = fixture.folder.appendingPathComponent("new\(round).sqlite").path
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      do {
        _ = try Store(path: path)
      } catch {
        failures.withLock { $0.append("\(error)") }
      }
    }
    #expect(failures.withLock { $0 } == [])
    #expect(try Store(path: path, access: .existing).verify().isSound)
  }
}
