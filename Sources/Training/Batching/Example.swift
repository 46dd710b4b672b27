import Tensors

/// What a supervised step is made of: one row, or one window of documents.
package struct Example {
  /// A segment of its own, and the targets that its rows predict (rows counted from the segment's start).
  package struct Piece {
    package let tokens: [Int32]
    package let targets: [Target]
  }

  package let ids: [String]
  package let pieces: [Piece]
  /// Tokens of the data, which include a last one that is only predicted.
  package let tokenCount: Int

  /// Rows of the stream.
  package var cost: Int { pieces.reduce(0) { $0 + $1.tokens.count } }
  package var targetCount: Int { pieces.reduce(0) { $0 + $1.targets.count } }

  init(ids: [String], pieces: [Piece], tokenCount: Int) {
    self.ids = ids
    self.pieces = pieces
    self.tokenCount = tokenCount
  }

  /// One row: rows of the stream reach up to the one that predicts the last target.
  package init(_ row: TrainingRow) {
    let predicted = row.tokens.indices.dropFirst().filter { row.isTarget[$0] }
    let piece = Piece(
      tokens: Array(row.tokens[..<(predicted.last ?? 0)]),
      targets: predicted.map { Target(row: $0 - 1, token: row.tokens[$0]) })
    self.init(ids: [row.id], pieces: [piece], tokenCount: row.tokens.count)
  }

  /// The stream of some examples, with its targets.
  package static func stream(_ examples: some Sequence<Example>) -> (batch: PackedBatch, targets: [Target]) {
    var batch = PackedBatch()
    var targets: [Target] = []
    for piece in examples.lazy.flatMap(\.pieces) {
      let start = batch.count
      batch.append(piece.tokens)
      targets += piece.targets.map { Target(row: start + $0.row, token: $0.token) }
    }
    return (batch, targets)
  }
}
