/// Where every source, byte and document went; the sums must agree.
public struct ConservationReport: Hashable, Sendable, Encodable {
  /// One named fate of bytes and of the documents or records made of them.
  public struct Outcome: Hashable, Sendable, Encodable {
    /// `kept`, `dropped: REASON`, `failed: REASON`, `blank`, or for data sets what a record became.
    public var name: String
    /// Documents or records; 0 where bytes made none.
    public var count: Int
    public var bytes: Int
  }

  /// Sources of documents, and their bytes.
  public var sources: Int
  public var bytes: Int
  /// The fates of these bytes; they sum up to `bytes`.
  public var outcomes: [Outcome]
  /// Data sets that were imported, and their bytes.
  public var datasets: Int
  public var datasetBytes: Int
  /// The fates of their records.
  public var datasetOutcomes: [Outcome]
  /// Further names of bytes that are there already under another name.
  public var aliases: Int
  /// Names whose bytes could not even be read.
  public var unreadable: [String]
  /// Every disagreement, in words; empty when all sums agree.
  public var problems: [String]

  public var isBalanced: Bool { problems.isEmpty }
}
