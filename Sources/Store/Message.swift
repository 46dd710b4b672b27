/// One turn of a conversation.
public struct Message: Hashable, Sendable, Codable {
  /// Who speaks.
  public enum Role: String, Hashable, Sendable, Codable, CaseIterable {
    case system, user, assistant, tool
  }

  public var role: Role
  public var content: String

  public init(role: Role, content: String) {
    self.role = role
    self.content = content
  }
}

extension [Message] {
  /// The canonical JSON text, as stored and hashed: `[{"content":…,"role":…}]`.
  public var canonicalJSON: String {
    JSONValue.array(map { ["role": .string($0.role.rawValue), "content": .string($0.content)] }).canonical
  }

  /// The conversation's identity.
  public var contentHash: String { ContentHash.of(canonicalJSON) }
}
