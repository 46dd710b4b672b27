/// Named sizes of new models.
public enum ModelPreset: String, Sendable, CaseIterable {
  case nano, micro, mini, small

  public var hiddenSize: Int { [.nano: 128, .micro: 192, .mini: 320, .small: 576][self]! }
  public var intermediateSize: Int { [.nano: 384, .micro: 512, .mini: 896, .small: 1536][self]! }
  public var layers: Int { [.nano: 3, .micro: 4, .mini: 8, .small: 12][self]! }
  public var heads: Int { [.nano: 4, .micro: 6, .mini: 10, .small: 9][self]! }
  public var keyValueHeads: Int { [.nano: 2, .micro: 2, .mini: 5, .small: 3][self]! }

  /// Sizes with a vocabulary of 4096, for help.
  public var help: String {
    "\(rawValue): \(layers) layers, width \(hiddenSize), \(heads) heads"
  }
}
