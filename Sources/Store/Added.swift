/// What became of a row that was handed to the store: its id there, and whether it was not there before.
public struct Added: Hashable, Sendable {
  public var id: String
  public var isNew: Bool

  public init(id: String, isNew: Bool) {
    self.id = id
    self.isNew = isNew
  }
}
