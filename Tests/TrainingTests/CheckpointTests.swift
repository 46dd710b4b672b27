import Foundation
import Tensors
import Testing
import Training

@Suite struct CheckpointTests {
  private func state(_ step: Int, fingerprint: String = "f") throws -> CheckpointState {
    let text = """
      {"format": 1, "kind": "supervised", "step": \(step), "epoch": 0, "offset": \(step), "seed": \(UInt64.max),
       "fingerprint": "\(fingerprint)", "updates": \(step), "loss": \(0.1 + 0.2), "bestStep": 2, "bestLoss": \(1.0 / 3),
       "evaluationsSinceBest": 0, "validation": {"loss": 0.5}, "extra": {"kl_coefficient": 0.05}, "tensorsHash": ""}
      """
    return try JSONDecoder().decode(CheckpointState.self, from: Data(text.utf8))
  }

  private func tensors(_ value: Tensor) -> [CheckpointTensor] { [CheckpointTensor(name: "value/w", value: value)] }

  private func tensors(_ value: Float) -> [CheckpointTensor] {
    tensors(Tensor(shape: [2, 2], values: [value, 1, 2, 3]))
  }

  @Test func whatWasWrittenIsRead() throws {
    try withTemporaryFolder { url in
      let folder = CheckpointFolder(url: url.appendingPathComponent("run"))
      try folder.prepare()
      let record = try folder.write(state(3), tensors: tensors(7))
      #expect(record.step == 3 && record.hash.count == 64 && FileManager.default.fileExists(atPath: record.path))
      var read = try #require(try folder.latest(fingerprint: "f") { Issue.record("\($0)") })
      read.tensorsHash = ""
      #expect(try read == state(3))
      let target = Tensor.zeros([2, 2])
      try folder.load(step: 3, into: tensors(target))
      #expect(target.toArray() == [7, 1, 2, 3])
    }
  }

  @Test(arguments: ["tensors.safetensors", "state.json"]) func damagedOnesArePassedOver(file: String) throws {
    try withTemporaryFolder { url in
      let folder = CheckpointFolder(url: url)
      _ = try folder.write(state(3), tensors: tensors(3))
      let newest = try folder.write(state(6), tensors: tensors(6))
      let path = URL(fileURLWithPath: newest.path).appendingPathComponent(file)
      let bytes = try Data(contentsOf: path)
      try bytes.prefix(bytes.count - 5).write(to: path)
      var warnings: [String] = []
      #expect(try folder.latest(fingerprint: "f") { warnings.append($0) }?.step == 3)
      #expect(warnings.count == 1 && warnings[0].contains("step-000006"))
    }
  }

  @Test func unfinishedOnesAreRemoved() throws {
    try withTemporaryFolder { url in
      let orphan = url.appendingPathComponent(".writing-step-000009")
      try FileManager.default.createDirectory(at: orphan, withIntermediateDirectories: true)
      let folder = CheckpointFolder(url: url)
      try folder.prepare()
      #expect(!FileManager.default.fileExists(atPath: orphan.path))
      #expect(try folder.latest(fingerprint: "f") { _ in } == nil)
    }
  }

  @Test func newestBestAndEveryNthStay() throws {
    try withTemporaryFolder { url in
      let folder = CheckpointFolder(url: url)
      for step in 1...9 { _ = try folder.write(state(step), tensors: tensors(0)) }
      folder.prune(keepLast: 2, keepEvery: 4, best: 3)
      #expect(folder.steps() == [3, 4, 8, 9])
    }
  }

  @Test func anothersCheckpointIsRefused() throws {
    try withTemporaryFolder { url in
      let folder = CheckpointFolder(url: url)
      let record = try folder.write(state(3), tensors: tensors(3))
      let path = URL(fileURLWithPath: record.path).resolvingSymlinksInPath().path
      let error = #expect(throws: TrainingError.self) { try folder.latest(fingerprint: "other") { _ in } }
      #expect(error?.description.contains(URL(fileURLWithPath: path).lastPathComponent) == true)
    }
  }

  @Test func aReadOnlyFolderIsOneClearLine() throws {
    let folder = CheckpointFolder(url: URL(fileURLWithPath: "/proc/checkpoints"))
    let error = #expect(throws: TrainingError.self) { try folder.prepare() }
    #expect(error?.description.contains("/proc/checkpoints") == true)
    #expect(error?.description.contains("\n") == false)
  }
}
