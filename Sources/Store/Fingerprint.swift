/// Hashes of parameters: equal parameters give equal fingerprints whatever the order of their names.
public enum Fingerprint {
  /// The fingerprint of a JSON value, as 64 hexadecimal digits.
  public static func of(_ value: JSONValue) -> String {
    ContentHash.of(value.canonical)
  }

  /// The fingerprint of a stage: its name and version, its parameters, and the fingerprints of what it reads.
  public static func ofStage(
    _ stage: String, version: Int, parameters: JSONValue, inputs: [String], seed: UInt64
  ) -> String {
    of([
      "stage": .string(stage), "version": .int(version), "parameters": parameters,
      "inputs": .array(inputs.map(JSONValue.string)), "seed": .string(String(seed)),
    ])
  }
}
