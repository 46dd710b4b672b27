import Store

/// One annotator's walk through the comparisons that await a judgement, independent of any screen.
///
/// Each judgement is durable in the store before the next comparison is shown, so a kill loses nothing. The session
/// itself holds nothing that the store does not: a new one goes on where the last one stopped.
public struct LabelSession {
  /// An answer by its place on the screen: A is left or on top.
  public enum Choice: Hashable, Sendable {
    case first, second, tie, bothBad, skip
  }

  /// Why no comparison is in hand.
  public enum End: Hashable, Sendable {
    /// Every comparison is judged or skipped.
    case nothingLeft
    /// As many were judged as were asked for.
    case limitReached
  }

  /// A comparison as shown.
  public struct View: Hashable, Sendable {
    public var item: LabelItem
    /// Whether the comparison's answer a is shown first.
    public var isAFirst: Bool

    public var first: String { isAFirst ? item.answerA.text : item.answerB.text }
    public var second: String { isAFirst ? item.answerB.text : item.answerA.text }
  }

  public let annotator: Annotator
  /// What is shown; nil at the end.
  public private(set) var view: View?
  public private(set) var end: End?
  public private(set) var progress: LabelProgress
  /// What the annotator remarked on the comparison in hand; goes with its judgement.
  public var comment: String?
  /// How many judgements and skips this session stands for.
  public private(set) var answered = 0

  private let store: Store
  private let filter: ComparisonFilter
  private let limit: Int?
  private let seed: UInt64
  private let clock: () -> Int
  private var shownAt = 0

  /// Begins with the oldest comparison that the annotator has not answered.
  /// - Parameters:
  ///   - limit: after how many answers to stop; nil for never.
  ///   - seed: of the order in which the two answers are shown.
  ///   - clock: the present in milliseconds.
  /// - Throws: `StoreError`.
  public init(
    store: Store, annotator: Annotator, filter: ComparisonFilter = ComparisonFilter(origin: .sampled),
    limit: Int? = nil, seed: UInt64 = 0, clock: @escaping () -> Int = LabelSession.monotonicMilliseconds
  ) throws {
    self.store = store
    self.annotator = annotator
    self.filter = filter
    self.limit = limit
    self.seed = seed
    self.clock = clock
    progress = LabelProgress(judged: 0, skipped: 0, total: 0)
    try advance()
  }

  /// Records the answer to the comparison in hand, durably, and goes on to the next.
  /// - Throws: `StoreError`; the comparison then stays in hand.
  public mutating func answer(_ choice: Choice) throws {
    guard let view else { return }
    try store.recordJudgements([
      Judgement(
        comparison: view.item.comparison.id, annotator: annotator.id,
        event: .judge(Self.verdict(choice, isAFirst: view.isAFirst)), aFirst: view.isAFirst, comment: comment,
        milliseconds: clock() - shownAt)
    ])
    answered += 1
    try advance()
  }

  /// Takes back the annotator's last answer, be it of an earlier session, and shows its comparison again.
  /// - Returns: whether there was one.
  /// - Throws: `StoreError`.
  public mutating func undo() throws -> Bool {
    guard let judgement = try store.undoLastJudgement(annotator: annotator.id),
      let comparison = try store.comparison(id: judgement.comparison)
    else { return false }
    answered = max(0, answered - 1)
    progress = try store.labelProgress(annotator: annotator.id, filter: filter)
    show(try store.labelItem(comparison), comment: judgement.comment)
    return true
  }

  /// Starts the clock anew for the comparison in hand, after the annotator read help or was away.
  public mutating func restartClock() { shownAt = clock() }

  private mutating func advance() throws {
    progress = try store.labelProgress(annotator: annotator.id, filter: filter)
    view = nil
    comment = nil
    if let limit, answered >= limit {
      end = .limitReached
    } else if let item = try store.nextComparison(annotator: annotator.id, filter: filter) {
      show(item, comment: nil)
    } else {
      end = .nothingLeft
    }
  }

  private mutating func show(_ item: LabelItem, comment: String?) {
    // By comparison and annotator, so that the order is the same when an undone comparison comes back.
    var generator = SeededGenerator(
      seed: seed, purpose: "label-order/\(item.comparison.id)/\(annotator.kind.rawValue)/\(annotator.name)")
    view = View(item: item, isAFirst: generator.next() & 1 == 0)
    end = nil
    self.comment = comment
    shownAt = clock()
  }

  private static func verdict(_ choice: Choice, isAFirst: Bool) -> Verdict {
    switch choice {
    case .first: isAFirst ? .a : .b
    case .second: isAFirst ? .b : .a
    case .tie: .tie
    case .bothBad: .bothBad
    case .skip: .skip
    }
  }

  /// Milliseconds since the first call, by a clock that never goes back.
  public static func monotonicMilliseconds() -> Int {
    let elapsed = start.duration(to: .now)
    return Int(elapsed.components.seconds) * 1000 + Int(elapsed.components.attoseconds / 1_000_000_000_000_000)
  }

  private static let start = ContinuousClock.now
}
