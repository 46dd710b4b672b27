import CKernels

/// A right-hand side B [K, N] in the integers that products read, packed as a whole.
final class PackedColumns: @unchecked Sendable {
  private let memory: HeapMemory
  private let form: MatmulPrecision.Form
  /// Floats from one panel of columns to the next.
  private let panel: Int

  /// Packs W [rows, columns] as B = W, or, transposed, as B = Wᵀ.
  init(_ weight: Tensor, transposed: Bool, form: MatmulPrecision.Form, integers: ck_integers) {
    let (depth, columns) = transposed ? (weight.columns, weight.rows) : (weight.rows, weight.columns)
    let width = ck_panel_width()
    let panel = form.length(depth) * width
    let memory = HeapMemory(count: Self.size(depth: depth, columns: columns, form: form))
    Threads.ranges(columns, grain: 4 * width) { range in
      ck_pack_b_integers(
        memory.data + range.lowerBound / width * panel,
        weight.data + range.lowerBound * (transposed ? weight.columns : 1), range.count, depth, weight.columns,
        transposed, integers)
    }
    (self.memory, self.form, self.panel) = (memory, form, panel)
  }

  /// Floats that the packed form takes.
  static func size(depth: Int, columns: Int, form: MatmulPrecision.Form) -> Int {
    ck_pack_b_size(columns, form.length(depth))
  }

  /// B from a column and a depth on, both at the start of a panel and of a group, and the floats between panels.
  func part(column: Int, depth: Int) -> (UnsafePointer<Float>, panel: Int) {
    let width = ck_panel_width()
    return (UnsafePointer(memory.data + column / width * panel + form.length(depth) * width), panel)
  }
}

/// Frozen weights that are packed once for 8-bit products, which take a little over a quarter of their size in each
/// direction. In wider forms they would take more than packing them again costs.
struct PackedWeights {
  private struct Key: Hashable {
    let weight: ObjectIdentifier
    let transposed: Bool
  }

  /// What is packed, with the weight, so that its identity stays its own.
  private var packed: [Key: (weight: Parameter, columns: PackedColumns)] = [:]

  /// B = W, or, transposed, B = Wᵀ. The weight's pages go back to the file they were read from, if there is one.
  mutating func columns(
    _ weight: Parameter, transposed: Bool, form: MatmulPrecision.Form, integers: ck_integers
  ) -> PackedColumns {
    let key = Key(weight: ObjectIdentifier(weight), transposed: transposed)
    if let found = packed[key] { return found.columns }
    let columns = PackedColumns(weight.value, transposed: transposed, form: form, integers: integers)
    weight.value.releasePages()
    packed[key] = (weight, columns)
    return columns
  }
}

extension Workspace {
  /// A weight as the right-hand side of dx = dy W, or, transposed, of y = x Wᵀ.
  func side(of weight: WeightMatrix, transposed: Bool) -> RightSide {
    let form = precision.form
    guard form == .int8, let integers = form.integers, case .dense(let parameter) = weight, !parameter.isTrainable
    else { return weight.side(transposed: transposed) }
    return .packed(packedWeights.columns(parameter, transposed: transposed, form: form, integers: integers))
  }
}
