/// What layers multiply, packed for products with their weights and for those with low-rank factors, which are in f32.
struct PackedInput {
  /// For products with weights.
  let weights: PackedRows?
  /// For products with factors; the same memory where the forms are the same.
  let factors: PackedRows?

  init(rows: Int, depth: Int, forWeights: Bool, forFactors: Bool, workspace: Workspace) {
    let form = workspace.precision.form
    let first =
      forWeights || form == .f32 ? PackedRows(rows: rows, depth: depth, form: form, workspace: workspace) : nil
    weights = forWeights ? first : nil
    if !forFactors {
      factors = nil
    } else {
      factors = form == .f32 ? first : PackedRows(rows: rows, depth: depth, workspace: workspace)
    }
  }

  /// Packs a range of rows of x [T, depth].
  func pack(_ range: Range<Int>, from x: Tensor) {
    weights?.pack(range, from: x.data, stride: x.columns)
    if let factors, factors.data != weights?.data { factors.pack(range, from: x.data, stride: x.columns) }
  }
}
