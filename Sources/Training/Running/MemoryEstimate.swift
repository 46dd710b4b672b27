import Models
import Tensors

/// What a training stage will take of memory at its highest, from shapes alone; all sizes are bytes.
public struct MemoryEstimate: Sendable, Hashable {
  /// Weights that are trained, and all weights, adapters included.
  public var trainedCount = 0
  public var weightCount = 0
  /// Frozen and trained weights in the forms they are kept in, adapters included.
  public var weights = 0
  public var gradients = 0
  /// The optimiser's moments, as far as they are in memory.
  public var optimizer = 0
  /// The workspace: what the tape keeps of one micro-batch, and the most that an operation takes beside it.
  public var activations = 0
  /// Keys and values of generation.
  public var caches = 0
  /// The program with its libraries, the tokenizer and the store.
  public var process = 0

  public var total: Int { weights + gradients + optimizer + activations + caches + process }

  /// What the program takes before there is a model, measured; and what a word of the vocabulary adds.
  private static let programBytes = 32 << 20
  private static let bytesPerWord = 400

  /// - Parameters:
  ///   - base: the base's shape, and the bytes that its weights take; every role stands on the same.
  ///   - adapters: numbers of elements of all adapters' tensors, of every role.
  ///   - trained: numbers of elements of the trained tensors.
  ///   - passes: the passes that are trained through.
  public init(
    base: ModelConfiguration, weightBytes: Int, adapters: [Int], trained: [Int], optimizer options: OptimizerOptions,
    passes: [PassMemory], caches: Int = 0
  ) {
    trainedCount = trained.reduce(0, +)
    let adapterCount = adapters.reduce(0, +)
    weightCount = base.parameterCount + adapterCount
    let isDense = weightBytes >= base.weightBytes(.f32)
    let packed = isDense ? passes.map(\.packedWeightBytes).max() ?? 0 : 0
    weights = weightBytes + packed + adapterCount * MemoryLayout<Float>.size
    gradients = trainedCount * MemoryLayout<Float>.size
    let moments = trained.map { Moments.byteCount(count: $0, kind: options.kind) }
    optimizer =
      options.state == .memory
      ? moments.reduce(0, +) : min(moments.max() ?? 0, Moments.byteCount(count: Moments.portion, kind: options.kind))
    activations = passes.map(\.peakBytes).max() ?? 0
    self.caches = caches
    process = Self.programBytes + base.vocabularySize * Self.bytesPerWord
  }

  /// The estimate of roles as they are.
  ///
  /// - Parameters:
  ///   - trained: the roles that are trained, with the micro-batches they are trained on.
  ///   - others: the other roles of the stage, which share the base.
  init(
    trained: [(role: Role, batch: Microbatch, loss: PassMemory.Loss)], others: [Role] = [],
    optimizer options: OptimizerOptions, loop: LoopOptions, caches: Int = 0
  ) {
    let roles = trained.map(\.role) + others
    func unique<Object: AnyObject>(_ objects: [Object]) -> [Object] {
      var seen: Set<ObjectIdentifier> = []
      return objects.filter { seen.insert(ObjectIdentifier($0)).inserted }
    }
    let adapters = unique(roles.flatMap { [$0.adapter, $0.prompt].compactMap { $0 } }.flatMap(\.parameters))
    self.init(
      base: roles[0].model.configuration,
      weightBytes: unique(roles.map(\.model)).reduce(0) { $0 + $1.weightBytes },
      adapters: adapters.map(\.value.count),
      trained: unique(trained.flatMap(\.role.trainableParameters)).map(\.value.count), optimizer: options,
      passes: trained.map {
        PassMemory(
          PassShape($0.role), tokens: $0.batch.tokens, targets: $0.batch.targets, longest: $0.batch.longest,
          loss: $0.loss, recomputes: loop.recomputes, precision: loop.matmulPrecision)
      }, caches: caches)
  }
}
