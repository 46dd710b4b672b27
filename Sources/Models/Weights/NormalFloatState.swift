import Foundation
import Tensors
import Tokenizers

/// What bitsandbytes keeps beside the codes of an NF4 matrix: small facts as JSON in a tensor of bytes.
///
/// Source: bitsandbytes 0.50.2, `QuantState.as_dict(packed=True)`.
struct NormalFloatState {
  static let suffix = ".quant_state.bitsandbytes__nf4"
  /// Room for the longest numbers; the rest is spaces, which JSON allows, so that the size is known beforehand.
  static let writtenSize = 224

  var shape: [Int]
  /// The mean of the scales that was subtracted before they were rounded; nil without double quantisation.
  var offset: Float?

  init(shape: [Int], offset: Float) {
    self.shape = shape
    self.offset = offset
  }

  /// - Throws: `ModelError.badTensor` for facts other than those that NF4 has here.
  init(_ entry: SafetensorsEntry) throws {
    func bad(_ reason: String) -> ModelError { .badTensor(file: entry.file, tensor: entry.name, reason: reason) }
    guard case .object(let members)? = try? JSONDecoder().decode(JSONValue.self, from: Data(entry.bytes)) else {
      throw bad("it is not the JSON that bitsandbytes writes")
    }
    let file = ConfigurationFile(path: entry.file, members: members)
    guard try file.string("quant_type") == "nf4", try file.integer("blocksize") == 64 else {
      throw bad("it says \(ConfigurationFile.text(.object(members))); NF4 is read in blocks of 64")
    }
    guard let shape = try file.integers("shape"), shape.count == 2 else { throw bad("it has no shape of two sizes") }
    self.shape = shape
    if let offset = try file.number("nested_offset") {
      guard try file.integer("nested_blocksize") == QuantizedScales.block else {
        throw bad("its scales are rounded in blocks other than \(QuantizedScales.block)")
      }
      self.offset = Float(offset)
    }
  }

  /// As bitsandbytes writes it, with spaces at the end.
  var bytes: [UInt8] {
    let text =
      #"{"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [\#(shape[0]), \#(shape[1])], "#
      + #""nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": \#(Double(offset ?? 0))}"#
    let bytes = Array(text.utf8)
    return bytes + [UInt8](repeating: UInt8(ascii: " "), count: max(0, Self.writtenSize - bytes.count))
  }
}
