import Tensors

/// Documents laid end to end in an epoch's order and cut into windows of a fixed number of rows, for pretraining.
///
/// A document is a segment of its own, so nothing attends across documents, and its last row predicts the end of text.
/// Where a window cuts a document, the rest begins the next window; no target is lost by the cut.
package final class DocumentWindows: ExampleSource {
  /// Where a window begins: a place in the epoch's order, and a row of the document there.
  private struct Start {
    var place: UInt32
    var row: UInt32
  }

  private let documents: any RowSource
  private let endOfText: Int32
  private let length: Int
  private let batchSize: Int
  private let order: EpochOrder
  private var current: (epoch: Int, starts: [Start])?
  /// The document that was last read: the next window often goes on with it.
  private var open: (document: Int, row: TrainingRow)?

  /// Rows of the stream in one epoch, each of which predicts one token: the next of its document, or the end of text.
  package let targetCount: Int

  /// - Parameter documents: without an end of text at their end.
  package init(documents: any RowSource, endOfText: Int32, length: Int, loop: LoopOptions) {
    self.documents = documents
    self.endOfText = endOfText
    self.length = length
    batchSize = loop.batchSize
    order = EpochOrder(count: documents.count, batchSize: 1, seed: loop.seed, shuffles: loop.shuffles)
    targetCount = (0..<documents.count).reduce(0) { $0 + documents.tokenCount(at: $1) }
  }

  package convenience init(documents: [TrainingRow], endOfText: Int32, length: Int, loop: LoopOptions) {
    self.init(
      documents: RowList(documents.map { Self.withoutEnd($0, endOfText: endOfText) }), endOfText: endOfText,
      length: length, loop: loop)
  }

  /// The end of text is predicted after every document, so a document need not have it.
  static func withoutEnd(_ document: TrainingRow, endOfText: Int32) -> TrainingRow {
    guard document.tokens.last == endOfText else { return document }
    return TrainingRow(
      id: document.id, tokens: document.tokens.dropLast(), isTarget: Array(document.isTarget.dropLast()))
  }

  /// Windows of one epoch; the last may be shorter.
  package var count: Int { (targetCount + length - 1) / length }
  package var stepsPerEpoch: Int { (count + batchSize - 1) / batchSize }

  package func examples(step: Int) throws -> [Example] {
    let (epoch, first) = (step / stepsPerEpoch, step % stepsPerEpoch * batchSize)
    return try (first..<min(count, first + batchSize)).map { try example(window: $0, epoch: epoch) }
  }

  package func costs(step: Int) -> [Int] {
    let first = step % stepsPerEpoch * batchSize
    return (first..<min(count, first + batchSize)).map { min(length, targetCount - $0 * length) }
  }

  package var longest: Int {
    min(length, (0..<documents.count).reduce(1) { max($0, documents.tokenCount(at: $1)) })
  }

  private func example(window: Int, epoch: Int) throws -> Example {
    let start = starts(epoch: epoch)[window]
    var (place, row, room) = (Int(start.place), Int(start.row), length)
    var ids: [String] = []
    var pieces: [Example.Piece] = []
    while room > 0 && place < documents.count {
      let item = order.item(at: place, epoch: epoch)
      let end = min(documents.tokenCount(at: item), row + room)
      if row < end {
        let document = try document(item)
        ids.append(document.id)
        pieces.append(piece(document.tokens, row..<end))
        room -= end - row
      }
      (place, row) = (place + 1, 0)
    }
    return Example(ids: ids, pieces: pieces, tokenCount: length - room)
  }

  private func piece(_ tokens: [Int32], _ rows: Range<Int>) -> Example.Piece {
    Example.Piece(
      tokens: Array(tokens[rows]),
      targets: rows.map { row in
        Target(row: row - rows.lowerBound, token: row + 1 < tokens.count ? tokens[row + 1] : endOfText)
      })
  }

  private func document(_ item: Int) throws -> TrainingRow {
    if let open, open.document == item { return open.row }
    let row = try documents.row(at: item)
    open = (item, row)
    return row
  }

  private func starts(epoch: Int) -> [Start] {
    if let current, current.epoch == epoch { return current.starts }
    var starts: [Start] = []
    starts.reserveCapacity(count)
    // Rows until the next window begins.
    var left = 0
    for place in 0..<documents.count {
      let rows = documents.tokenCount(at: order.item(at: place, epoch: epoch))
      for row in stride(from: left, to: rows, by: length) {
        starts.append(Start(place: UInt32(place), row: UInt32(row)))
      }
      left = left >= rows ? left - rows : (length - (rows - left) % length) % length
    }
    current = (epoch, starts)
    return starts
  }
}
