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

  var panels: Panels { Panels(data: UnsafePointer(memory.data), stride: panel, form: form) }
}

/// A right-hand side B [K, N] that is packed already, in memory that somebody else keeps.
struct Panels: @unchecked Sendable {
  let data: UnsafePointer<Float>
  /// Floats from one panel of columns to the next.
  let stride: Int
  let form: MatmulPrecision.Form

  /// B from a column and a depth on, both at the start of a panel and of a group.
  func part(column: Int, depth: Int) -> UnsafePointer<Float> {
    let width = ck_panel_width()
    return data + column / width * stride + form.length(depth) * width
  }
}

/// Frozen weights that are packed once where others are multiplied in 8 bits, which take a little over a quarter of their
/// size in each direction. Where all are multiplied in wider forms they would take more than packing them again costs.
struct PackedWeights {
  private struct Key: Hashable {
    let weight: ObjectIdentifier
    let transposed: Bool
    let form: MatmulPrecision.Form
  }

  /// What is packed, with the weight, so that its identity stays its own.
  private var packed: [Key: (weight: Parameter, columns: PackedColumns)] = [:]

  /// B = W, or, transposed, B = Wᵀ. The weight's pages go back to the file they were read from, if there is one.
  mutating func columns(
    _ weight: Parameter, transposed: Bool, form: MatmulPrecision.Form, integers: ck_integers
  ) -> PackedColumns {
    let key = Key(weight: ObjectIdentifier(weight), transposed: transposed, form: form)
    if let found = packed[key] { return found.columns }
    let columns = PackedColumns(weight.value, transposed: transposed, form: form, integers: integers)
    weight.value.releasePages()
    packed[key] = (weight, columns)
    return columns
  }
}

extension Workspace {
  /// Whether rows packed in `form` meet a weight in integers that are packed once.
  func packs(_ weight: WeightMatrix, form: MatmulPrecision.Form) -> Bool {
    guard precision.form == .int8, form != .f32, case .dense(let parameter) = weight else { return false }
    return !parameter.isTrainable
  }

  /// A weight as the right-hand side of dx = dy W, or, transposed, of y = x Wᵀ, by rows packed in `form`.
  func side(of weight: WeightMatrix, transposed: Bool, form: MatmulPrecision.Form) -> RightSide {
    guard packs(weight, form: form), let parameter = weight.parameter, let integers = form.integers
    else { return weight.side(transposed: transposed) }
    return .panels(
      packedWeights.columns(parameter, transposed: transposed, form: form, integers: integers).panels)
  }
}
