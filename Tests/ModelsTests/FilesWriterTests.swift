import Foundation
import Models
import Testing

/// Writing safetensors: whole or not at all, and readable elsewhere.
@Suite struct FilesWriterTests {
  static let tensors = [
    SafetensorsTensor(name: "b.flags", type: .bool, shape: [3]), SafetensorsTensor(name: "a", shape: [2, 3]),
    SafetensorsTensor(name: "模型 \"x\"", type: .bfloat16, shape: [5]),
    SafetensorsTensor(name: "c", type: .int64, shape: [2]), SafetensorsTensor(name: "scalar", shape: []),
    SafetensorsTensor(name: "none", shape: [0, 3]),
  ]

  @Test func readsBackWhatItWrites() throws {
    try Files.inTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.safetensors")
      try SafetensorsWriter.write(Self.tensors, to: url) { tensor, sink in
        // In pieces, as a stream of blocks would come.
        for byte in Files.pattern(tensor) { try [byte].withUnsafeBytes(sink) }
      }
      let file = try SafetensorsFile(url)
      #expect(file.metadata == ["format": "pt"])
      #expect(file.names == Self.tensors.map(\.name).sorted())
      for tensor in Self.tensors {
        let entry = try file.entry(tensor.name)
        #expect(entry.type == tensor.type && entry.shape == tensor.shape)
        #expect(Array(entry.bytes) == Files.pattern(tensor))
        if let start = entry.bytes.baseAddress { #expect(Int(bitPattern: start) % tensor.type.size == 0) }
      }
      #expect(try Files.names(in: folder) == ["model.safetensors"])
    }
  }

  @Test func aFailureLeavesTheOldFileAndNothingElse() throws {
    struct Stop: Error {}
    try Files.inTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.safetensors")
      try Data("old".utf8).write(to: url)
      #expect(throws: Stop.self) {
        try SafetensorsWriter.write(Self.tensors, to: url) { tensor, sink in
          if tensor.name == "b.flags" { throw Stop() }
          try Files.pattern(tensor).withUnsafeBytes(sink)
        }
      }
      for change in [-1, 1] {
        let error = #expect(throws: ModelError.self) {
          try SafetensorsWriter.write(Self.tensors, to: url) { tensor, sink in
            try [UInt8](repeating: 0, count: max(0, tensor.byteCount + change)).withUnsafeBytes(sink)
          }
        }
        #expect(error?.description.contains("bytes were given") == true)
      }
      #expect(try String(contentsOf: url, encoding: .utf8) == "old")
      #expect(try Files.names(in: folder) == ["model.safetensors"])
    }
  }

  @Test func aPlaceThatCannotBeWrittenIsNamed() throws {
    let error = #expect(throws: ModelError.self) {
      try SafetensorsWriter.write([], to: URL(filePath: "/no/such/folder/model.safetensors")) { _, _ in }
    }
    #expect(
      error?.description == "/no/such/folder/model.safetensors: cannot be written: No such file or directory")
    // A disk that is always full.
    if FileManager.default.fileExists(atPath: "/dev/full") {
      #expect(throws: ModelError.self) {
        try SafetensorsWriter.write([], to: URL(filePath: "/dev/full/model.safetensors")) { _, _ in }
      }
    }
  }

  static let python = ProcessInfo.processInfo.environment["TOUCHSTONE_PYTHON"]

  /// Runs where TOUCHSTONE_PYTHON names a Python with safetensors, transformers and peft.
  @Test(.enabled(if: python != nil)) func pythonOpensWhatItWrites() throws {
    try Files.inTemporaryFolder { folder in
      try Files.write(Self.tensors, toFolder: folder, maximumShardSize: 1 << 20)
      try ModelConfiguration.preset("tiny").save(to: folder)
      try AdapterConfiguration(rank: 4, alpha: 8, targetModules: ["q_proj"]).save(to: folder)
      let script = """
        import sys
        from safetensors import safe_open
        with safe_open(sys.argv[1], framework="pt") as f:
            assert f.metadata() == {"format": "pt"}
            assert sorted(f.keys()) == sorted(["b.flags", "a", "模型 \\"x\\"", "c", "scalar", "none"]), f.keys()
            assert f.get_tensor("a").shape == (2, 3) and f.get_tensor("scalar").shape == ()
            assert str(f.get_tensor("c").dtype) == "torch.int64"
        from transformers import AutoConfig
        from peft import PeftConfig
        c = AutoConfig.from_pretrained(sys.argv[2])
        assert (c.model_type, c.hidden_size, c.num_key_value_heads, c.head_dim, c.rms_norm_eps) == ("llama", 32, 2, 8, 1e-5)
        p = PeftConfig.from_pretrained(sys.argv[2])
        assert (p.r, p.lora_alpha, p.target_modules, p.peft_type.value) == (4, 8, {"q_proj"}, "LORA"), p
        """
      let process = Process()
      process.executableURL = URL(filePath: Self.python!)
      process.arguments = ["-c", script, folder.appendingPathComponent("model.safetensors").path, folder.path]
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
  }
}
