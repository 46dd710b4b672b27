import CKernels

/// Trained rows [k, C] that stand in the place of chosen rows of an embedding [V, C], and of the output matrix where the
/// two are one (PEFT's trainable tokens).
public struct ReplacedRows: Sendable {
  public let tokens: [Int]
  public let rows: Parameter
  private let places: [Int: Int]

  /// - Precondition: no token stands twice.
  public init(tokens: [Int], rows: Parameter) {
    self.tokens = tokens
    self.rows = rows
    places = Dictionary(uniqueKeysWithValues: zip(tokens, tokens.indices))
  }

  public var isTrainable: Bool { rows.isTrainable }

  /// y [n, C]: the embedding's row, or what stands in its place, of each token.
  public func gather(_ y: Tensor, tokens: [Int], from embedding: WeightMatrix) {
    embedding.gather(y, rows: tokens)
    for (index, token) in tokens.enumerated() {
      guard let place = places[token] else { continue }
      y.row(index).update(from: rows.value.row(place), count: y.columns)
    }
  }

  /// Adds the gradient of gathered rows, in order.
  public func addGradient(of dy: Tensor, tokens: [Int]) {
    guard isTrainable else { return }
    for (index, token) in tokens.enumerated() {
      if let place = places[token] { ck_add(rows.gradient.row(place), dy.row(index), dy.columns) }
    }
  }

  /// Writes the logits of replaced tokens in a range of the vocabulary: logits [n, V] of x [n, C].
  public func score(_ logits: Tensor, x: UnsafePointer<Float>, words: Range<Int>) {
    let width = rows.value.columns
    for (place, token) in tokens.enumerated() where words.contains(token) {
      for row in 0..<logits.rows {
        logits.row(row)[token] = Float(ck_dot(x + row * width, rows.value.row(place), width))
      }
    }
  }

  /// Where dx was computed with the rows of `weight`, puts the gradient through the replaced ones instead, and adds to
  /// theirs.
  func pullBack(
    _ dlogits: Tensor, x: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>?, weight: WeightMatrix,
    words: Range<Int>, workspace: Workspace
  ) {
    let width = rows.value.columns
    let own = workspace.allocate([1, width])
    for (place, token) in tokens.enumerated() where words.contains(token) {
      weight.gather(own, rows: [token])
      for row in 0..<dlogits.rows {
        let gradient = dlogits.row(row)[token]
        if let dx {
          ck_axpy(dx + row * width, gradient, rows.value.row(place), width)
          ck_axpy(dx + row * width, -gradient, own.data, width)
        }
        if isTrainable { ck_axpy(rows.gradient.row(place), gradient, x + row * width, width) }
      }
    }
  }
}
