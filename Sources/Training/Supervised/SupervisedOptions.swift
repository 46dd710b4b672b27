/// Pretraining and supervised fine-tuning.
public struct SupervisedOptions: Codable, Sendable, Hashable {
  public enum Packing: String, Codable, Sendable, CaseIterable {
    /// Each row is an example.
    case rows
    /// Rows are documents, laid end to end and cut into windows of the maximum length (pretraining).
    case windows
  }

  public var optimizer: OptimizerOptions
  public var loop: LoopOptions
  public var packing: Packing
  /// The token that ends a document; windows need it.
  public var endOfText: Int32?

  public init(
    optimizer: OptimizerOptions = OptimizerOptions(learningRate: 1e-4), loop: LoopOptions = LoopOptions(),
    packing: Packing = .rows, endOfText: Int32? = nil
  ) {
    self.optimizer = optimizer
    self.loop = loop
    self.packing = packing
    self.endOfText = endOfText
  }
}
