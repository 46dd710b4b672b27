import Datasets
import Foundation
import Store
import Testing

@Suite struct ExportTests {
  @Test(arguments: [
    ("sft.jsonl", DatasetExporter.Kind.sft, DatasetFormat.promptCompletion),
    ("messages.jsonl", .sft, .messages), ("dpo.jsonl", .preference, .preference),
  ])
  func whatWasImportedComesOutAgain(name: String, kind: DatasetExporter.Kind, format: DatasetFormat) throws {
    let bench = try Workbench()
    try DatasetImporter(store: bench.store).importFile(Workbench.fixture(name))
    try DatasetExporter(store: bench.store).export(kind, format: format, to: bench.path("out.jsonl"))
    #expect(try bench.text("out.jsonl") == String(contentsOfFile: Workbench.fixture(name), encoding: .utf8))
  }

  @Test(arguments: DatasetFormat.allCases) func whatWasExportedComesInAgain(format: DatasetFormat) throws {
    let kind: DatasetExporter.Kind = format == .preference ? .preference : .sft
    let (one, other) = (try Workbench(), try Workbench())
    for name in ["sft.jsonl", "messages.jsonl", "dpo.jsonl"] {
      try DatasetImporter(store: one.store).importFile(Workbench.fixture(name))
    }
    try DatasetExporter(store: one.store).export(kind, format: format, to: one.path("out.jsonl"))
    try DatasetImporter(store: other.store).importFile(one.path("out.jsonl"))
    if kind == .sft {
      #expect(try other.store.pairs().map(\.messages) == one.store.pairs().map(\.messages))
    } else {
      let texts = { (store: Store) in
        try store.preferences().map { [$0.prompt.messages.canonicalJSON, $0.chosen.text, $0.rejected.text] }
      }
      #expect(try texts(other.store) == texts(one.store))
    }
  }

  @Test func onlyValidRowsOfTheSplit() throws {
    let bench = try Workbench()
    func pair(_ text: String, _ split: Split, _ reason: String? = nil) -> Pair {
      Pair(
        messages: [Message(role: .user, content: text), Message(role: .assistant, content: "答")], origin: .written,
        split: split, invalidReason: reason)
    }
    try bench.store.addPairs([pair("甲", .train), pair("乙", .test), pair("丙", .train, "empty-answer")])
    let exporter = DatasetExporter(store: bench.store)
    #expect(try exporter.export(.sft, split: .train, to: bench.path("train.jsonl")) == 1)
    #expect(
      try bench.text("train.jsonl")
        == "{\"messages\": [{\"role\": \"user\", \"content\": \"甲\"}, {\"role\": \"assistant\", \"content\": \"答\"}]}\n"
    )
    #expect(try exporter.export(.sft, to: bench.path("all.jsonl")) == 2)
  }

  @Test func aFailedExportLeavesTheOldFile() throws {
    let bench = try Workbench()
    let path = try bench.file("out.jsonl", "old")
    let exporter = DatasetExporter(store: bench.store)
    #expect(throws: DatasetsError.nothingToExport(kind: "sft", split: "test")) {
      try exporter.export(.sft, split: .test, to: path)
    }
    #expect(throws: DatasetsError.self) { try exporter.export(.preference, format: .messages, to: path) }
    #expect { try exporter.export(.sft, to: bench.path("no/such/folder.jsonl")) } throws: {
      "\($0)".contains("cannot write")
    }
    #expect(try bench.text("out.jsonl") == "old")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: bench.folder.path).allSatisfy { !$0.hasSuffix(".part") })
  }

  @Test func linksAndDevicesStayWhatTheyAre() throws {
    let bench = try Workbench()
    try DatasetImporter(store: bench.store).importFile(Workbench.fixture("sft.jsonl"))
    let exporter = DatasetExporter(store: bench.store)
    _ = try bench.file("target.jsonl", "old")
    try FileManager.default.createSymbolicLink(atPath: bench.path("link.jsonl"), withDestinationPath: "target.jsonl")
    try exporter.export(.sft, to: bench.path("link.jsonl"))
    #expect(try bench.text("target.jsonl").hasPrefix("{\"messages\""))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: bench.path("link.jsonl")) == "target.jsonl")
    #if os(Linux)
      #expect(try exporter.export(.sft, to: "/dev/null") == 3)
      #expect { try exporter.export(.sft, to: "/dev/full") } throws: { "\($0)".contains("no space left") }
      #expect(throws: DatasetsError.self) { try exporter.export(.sft, to: bench.folder.path) }
    #endif
  }
}
