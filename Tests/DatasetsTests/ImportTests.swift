import Datasets
import Foundation
import Store
import Testing

@Suite struct ImportTests {
  @Test func aBadRowIsReportedAndTheRestGoesOn() throws {
    let bench = try Workbench()
    let path = try bench.file(
      "mixed.jsonl",
      "\u{FEFF}{\"prompt\": \"a\", \"completion\": \"b\"}\r\n\n{\"prompt\": \"a\"\n{\"x\": 1}\n"
        + "{\"prompt\": \"问\", \"chosen\": \"好\", \"rejected\": \"坏\"}\n{\"prompt\": \"q\"}")
    var reasons: [Int: String] = [:]
    let report = try DatasetImporter(store: bench.store).importFile(path) { reasons[$0] = $1 }
    #expect(report.kinds == ["sft": 1, "preference": 1, "prompt": 1])
    #expect(report.refused == 2)
    #expect(report.added == 3)
    #expect(reasons[3]?.contains("column 15") == true)
    #expect(reasons[4]?.contains("no known shape") == true)
    let source = try #require(try bench.store.sources(purpose: .dataset).first)
    let imports = try bench.store.imports(ofSource: source.id)
    #expect(imports.map(\.outcome) == [.pair, .refused, .refused, .comparison, .prompt])
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(String(decoding: bytes[imports[3].range], as: UTF8.self).contains("坏"))
    #expect(imports.last?.range.upperBound == bytes.count)
  }

  @Test func invalidUTF8IsOneBadRow() throws {
    let bench = try Workbench()
    let path = bench.path("bad.jsonl")
    try (Data("{\"prompt\": \"".utf8) + [0xFF, 0xFE] + Data("\"}\n{\"prompt\": \"好\"}\n".utf8)).write(
      to: URL(fileURLWithPath: path))
    var reason = ""
    let report = try DatasetImporter(store: bench.store).importFile(path) { reason = $1 }
    #expect(report.refused == 1 && report.accepted == 1)
    #expect(reason.contains("UTF-8"))
  }

  @Test func importingAgainAddsNothing() throws {
    let bench = try Workbench()
    let importer = DatasetImporter(store: bench.store)
    for name in ["sft.jsonl", "dpo.jsonl", "prompts.jsonl"] {
      #expect(try importer.importFile(Workbench.fixture(name)).added > 0)
      let copy = try bench.file("copy-" + name, String(contentsOfFile: Workbench.fixture(name), encoding: .utf8))
      let again = try importer.importFile(copy)
      #expect(again.wasKnown && again.added == 0)
    }
    #expect(try bench.store.pairs().count == 3)
    #expect(try bench.store.preferences().count == 2)
    #expect(try bench.store.sources(purpose: .dataset).count == 3)
  }

  @Test func aDryRunStoresNothing() throws {
    let report = try DatasetImporter(store: nil, options: .init(isDryRun: true)).importFile(
      Workbench.fixture("sft.jsonl"))
    #expect(report.accepted == 3 && report.added == 0)
  }

  @Test func theSplitIsTheOneAskedFor() throws {
    let bench = try Workbench()
    let importer = DatasetImporter(store: bench.store, options: .init(split: .test))
    try importer.importFile(Workbench.fixture("sft.jsonl"))
    #expect(try bench.store.pairs().allSatisfy { $0.split == .test && $0.origin == .imported })
  }

  @Test func filesThatCannotBeReadAreNamed() throws {
    let bench = try Workbench()
    let importer = DatasetImporter(store: bench.store)
    #expect { try importer.importFile(bench.path("none.jsonl")) } throws: { "\($0)".contains("no such file") }
    #expect { try importer.importFile(bench.folder.path) } throws: { "\($0)".contains("folder") }
    #expect { try importer.importFile(try bench.file("empty.jsonl", "\n")) } throws: { "\($0)".contains("no rows") }
  }
}
