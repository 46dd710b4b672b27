/// Weights on disk, or a tokenizer: what training makes and uses.
public struct ModelRecord: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, Codable { case base, adapter, reward, value, tokenizer }

  public var id: String
  public var name: String
  public var kind: Kind
  /// The folder or file of the weights.
  public var path: String
  /// The hash of the weights' content.
  public var hash: String
  /// The model it was trained from.
  public var parent: String?
  public var config: JSONValue
  public var created: String

  public init(
    id: String = RecordID.make(.model), name: String, kind: Kind, path: String, hash: String, parent: String? = nil,
    config: JSONValue = [:], created: String = Timestamp.now()
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.path = path
    self.hash = hash
    self.parent = parent
    self.config = config
    self.created = created
  }
}
