import Foundation
import Store
import Testing

@Suite struct IdentityTests {
  @Test func hashesAreSHA256() throws {
    #expect(ContentHash.of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(ContentHash.of(Data()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(ContentHash.of("你好") == ContentHash.of(Array("你好".utf8)))
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data("abc".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    #expect(try ContentHash.ofFile(file.path) == ContentHash.of("abc"))
  }

  @Test func idsAscendAndTellTheirKind() {
    let ids = (0..<5000).map { _ in RecordID.make(.document) }
    #expect(ids == ids.sorted())
    #expect(Set(ids).count == ids.count)
    #expect(RecordID.kind(of: ids[0]) == .document)
    #expect(RecordID.kind(of: "run_0123/17") == .run)
    #expect(RecordID.kind(of: "nonsense") == nil)
  }

  @Test func timestampsAreUTCWithMilliseconds() {
    #expect(Timestamp.text(Date(timeIntervalSince1970: 0)) == "1970-01-01T00:00:00.000Z")
    #expect(Timestamp.text(Date(timeIntervalSince1970: 1_795_473_713.125)) == "2026-11-23T22:41:53.125Z")
  }

  @Test func fingerprintsIgnoreTheOrderOfNames() throws {
    let one = try JSONValue(parsing: #"{"b": [1, 2.5, null, true], "a": "你好\n"}"#)
    let two = try JSONValue(parsing: #"{"a":"你好\n","b":[1,2.5,null,true]}"#)
    #expect(one.canonical == #"{"a":"你好\n","b":[1,2.5,null,true]}"#)
    #expect(Fingerprint.of(one) == Fingerprint.of(two))
    #expect(Fingerprint.of(["a": 1]) != Fingerprint.of(["a": 2]))
    // A number is the same number however it is written.
    #expect(JSONValue.double(1) == .int(1) && Fingerprint.of(["a": 1.0]) == Fingerprint.of(["a": 1]))
    #expect(try JSONValue(parsing: JSONValue.double(0.1).canonical) == 0.1)
  }

  @Test func generatorDependsOnSeedPurposeAndIndexOnly() {
    var one = SeededGenerator(seed: 7, purpose: "shuffle", index: 3)
    var two = SeededGenerator(seed: 7, purpose: "shuffle", index: 3)
    var other = SeededGenerator(seed: 7, purpose: "dropout", index: 3)
    let drawn = (0..<8).map { _ in one.next() }
    #expect(drawn == (0..<8).map { _ in two.next() })
    #expect(drawn != (0..<8).map { _ in other.next() })
    var continued = SeededGenerator(seed: 7, purpose: "shuffle", index: 3, counter: 8)
    #expect(continued.next() == one.next())
    #expect(one.shuffled(Array(0..<50)).sorted() == Array(0..<50))
  }

  @Test func generatorIsUniformAndNormal() {
    var generator = SeededGenerator(seed: 1, purpose: "test")
    let uniform = (0..<4000).map { _ in generator.nextUniform() }
    #expect(abs(uniform.reduce(0, +) / 4000 - 0.5) < 0.02)
    let normal = (0..<4000).map { _ in generator.nextNormal() }
    #expect(abs(normal.reduce(0, +) / 4000) < 0.06)
    #expect(abs(normal.map { $0 * $0 }.reduce(0, +) / 4000 - 1) < 0.1)
  }
}
