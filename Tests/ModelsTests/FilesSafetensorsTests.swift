import Foundation
import Models
import Testing

/// Reading safetensors: values as Python wrote them, and damage named for what it is.
@Suite struct FilesSafetensorsTests {
  @Test func readsEveryTypeAsPythonWroteIt() throws {
    let file = try SafetensorsFile(Files.folder.appendingPathComponent("types.safetensors"))
    #expect(
      file.names == ["bf16", "bool", "empty", "f16", "f32", "f64", "i32", "i64", "i8", "scalar", "u8", "模型.weight"])
    #expect(file.metadata == ["format": "pt", "note": "数据"])
    let expected: [Float] = [0, 1, -2, 0.5, 100, -0.25]
    let f32 = try file.entry("f32")
    #expect(f32.type == .float32 && f32.shape == [2, 3])
    #expect(Files.values(f32, as: Float.self) == expected)
    #expect(Files.values(try file.entry("f64"), as: Double.self) == expected.map(Double.init))
    #expect(
      Files.values(try file.entry("f16"), as: UInt16.self) == [0x0000, 0x3C00, 0xC000, 0x3800, 0x5640, 0xB400])
    #expect(
      Files.values(try file.entry("bf16"), as: UInt16.self) == expected.map { UInt16($0.bitPattern >> 16) })
    #expect(Files.values(try file.entry("i64"), as: Int64.self) == [1, -2, 3])
    #expect(Files.values(try file.entry("i32"), as: Int32.self) == [4, -5])
    #expect(Files.values(try file.entry("i8"), as: Int8.self) == [-7, 8, 9])
    #expect(Files.values(try file.entry("u8"), as: UInt8.self) == [250, 1])
    #expect(try file.entry("bool").type == .bool)
    #expect(try file.entry("scalar").shape == [])
    #expect(Files.values(try file.entry("scalar"), as: Float.self) == [3.5])
    #expect(try file.entry("empty").shape == [0, 4])
    #expect(try file.entry("empty").bytes.isEmpty)
    #expect(Files.values(try file.entry("模型.weight"), as: Float.self) == [1, 1])
  }

  @Test func entriesOutliveTheFileObject() throws {
    func entry() throws -> SafetensorsEntry {
      try SafetensorsFile(Files.folder.appendingPathComponent("types.safetensors")).entry("f32")
    }
    #expect(Files.values(try entry(), as: Float.self)[4] == 100)
  }

  @Test func aMissingTensorIsNamedWithItsFile() throws {
    let file = try SafetensorsFile(Files.folder.appendingPathComponent("types.safetensors"))
    #expect(throws: ModelError.missingTensor(file: file.url.path, tensor: "no.such")) { try file.entry("no.such") }
  }

  @Test func aTruncatedFileSaysHowMuchIsThere() throws {
    let whole = try Data(contentsOf: Files.folder.appendingPathComponent("types.safetensors"))
    try Files.inTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.safetensors")
      for count in [0, 5, 8, 100, whole.count - 1] {
        try whole.prefix(count).write(to: url)
        let error = #expect(throws: ModelError.self) { try SafetensorsFile(url) }
        #expect(
          error?.description.contains("model.safetensors: truncated") == true, "\(count): \(String(describing: error))")
      }
      #expect(throws: ModelError.truncated(file: url.path, expectedBytes: whole.count, actualBytes: whole.count - 1)) {
        try SafetensorsFile(url)
      }
      try (whole + Data(count: 3)).write(to: url)
      let error = #expect(throws: ModelError.self) { try SafetensorsFile(url) }
      #expect(error?.description.contains("3 bytes follow") == true)
    }
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "tensor a: shape [2] of F32 takes 8 bytes"),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
      6,
      "tensor b: begins at byte 2, expected 4: it overlaps"
    ),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#, 3, "leaves a gap"),
    (
      #"{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#, 1,
      "the dtype F8_E4M3 of tensor a is not supported"
    ),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "its shape is [-1]"),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,4]}}"#, 4, "its shape is"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "its data_offsets are [4, 0]"),
    (#"{"a":{"dtype":"F32"}}"#, 0, "its entry lacks dtype, shape or data_offsets"),
    (#"["a"]"#, 0, "its header is not"),
    ("not json", 0, "its header is not"),
  ])
  func damageIsNamed(header: String, values: Int, text: String) throws {
    try Files.inTemporaryFolder { folder in
      let url = folder.appendingPathComponent("bad.safetensors")
      try Files.safetensors(header: header, values: values).write(to: url)
      let error = #expect(throws: ModelError.self) { try SafetensorsFile(url) }
      #expect(error?.description.contains(text) == true, "\(String(describing: error))")
      #expect(error?.description.contains(url.path) == true)
    }
  }

  @Test func whatIsNoSafetensorsFileIsRefused() throws {
    try Files.inTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.safetensors")
      try Data("PK\u{3}\u{4} this is a zip, not a model".utf8).write(to: url)
      let error = #expect(throws: ModelError.self) { try SafetensorsFile(url) }
      #expect(error?.description.contains("no safetensors file") == true)
      let isFolder = #expect(throws: ModelError.self) { try SafetensorsFile(folder) }
      #expect(isFolder?.description.contains("it is not a file") == true)
      let missing = #expect(throws: ModelError.self) { try SafetensorsFile(folder.appendingPathComponent("x")) }
      #expect(missing?.description.hasSuffix("x: cannot be read: there is no such file") == true)
    }
  }
}
