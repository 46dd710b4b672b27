import Tensors

/// Documents laid end to end in an epoch's order and cut into windows of a fixed number of rows, for pretraining.
///
/// A document is a segment of its own, so nothing attends across documents, and its last row predicts the end of text.
/// Where a window cuts a document, the rest begins the next window; no target is lost by the cut.
package final class DocumentWindows: ExampleSource {
  private struct Part {
    let document: Int
    let rows: Range<Int>
  }

  private let documents: [TrainingRow]
  private let endOfText: Int32
  private let length: Int
  private let batchSize: Int
  private let order: EpochOrder
  private var current: (epoch: Int, windows: [[Part]])?

  package init(documents: [TrainingRow], endOfText: Int32, length: Int, loop: LoopOptions) {
    self.documents = documents
    self.endOfText = endOfText
    self.length = length
    batchSize = loop.batchSize
    order = EpochOrder(count: documents.count, batchSize: 1, seed: loop.seed, shuffles: loop.shuffles)
  }

  /// Windows of one epoch; the last may be shorter.
  package var count: Int { (documents.reduce(0) { $0 + rowCount($1) } + length - 1) / length }
  package var stepsPerEpoch: Int { (count + batchSize - 1) / batchSize }

  package func examples(step: Int) -> [Example] {
    let windows = windows(epoch: step / stepsPerEpoch)
    let first = step % stepsPerEpoch * batchSize
    return windows[first..<min(windows.count, first + batchSize)].map(example)
  }

  /// Every window of the first epoch.
  var all: [Example] { documents.isEmpty ? [] : windows(epoch: 0).map(example) }

  /// Each row predicts one token: the next of its document, or the end of text.
  private func rowCount(_ document: TrainingRow) -> Int {
    document.tokens.last == endOfText ? document.tokens.count - 1 : document.tokens.count
  }

  private func example(_ parts: [Part]) -> Example {
    let pieces = parts.map { part in
      let tokens = documents[part.document].tokens
      return Example.Piece(
        tokens: Array(tokens[part.rows]),
        targets: part.rows.map { row in
          Target(row: row - part.rows.lowerBound, token: row + 1 < tokens.count ? tokens[row + 1] : endOfText)
        })
    }
    return Example(
      ids: parts.map { documents[$0.document].id }, pieces: pieces,
      tokenCount: parts.reduce(0) { $0 + $1.rows.count })
  }

  private func windows(epoch: Int) -> [[Part]] {
    if let current, current.epoch == epoch { return current.windows }
    var windows: [[Part]] = [[]]
    var room = length
    for document in order.order(epoch: epoch) {
      let total = rowCount(documents[document])
      var start = 0
      while start < total {
        if room == 0 {
          windows.append([])
          room = length
        }
        let end = min(total, start + room)
        windows[windows.count - 1].append(Part(document: document, rows: start..<end))
        room -= end - start
        start = end
      }
    }
    current = (epoch, windows)
    return windows
  }
}
