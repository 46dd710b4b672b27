import CKernels

/// Where keys lie in their packed form: those of a prefix, and of every segment, begin a panel of their own.
struct KeyPlaces {
  struct Place {
    let rows: Range<Int>
    /// First row of the packed form.
    let start: Int
  }

  private(set) var all: [Place] = []
  private var byRow: [Int: Int] = [:]
  /// Rows of the packed form.
  private(set) var count = 0

  init(_ batch: PackedBatch) {
    add(0..<batch.keyOffset)
    for segment in batch.segments { add(batch.keys(segment.start..<segment.start + segment.count)) }
  }

  private mutating func add(_ rows: Range<Int>) {
    guard !rows.isEmpty else { return }
    byRow[rows.lowerBound] = all.count
    all.append(Place(rows: rows, start: count))
    count += Self.padded(rows.count)
  }

  /// The place of keys that begin at a row of k and v.
  subscript(row: Int) -> Place { all[byRow[row]!] }

  /// Whole panels.
  static func padded(_ count: Int) -> Int { (count + ck_panel_width() - 1) / ck_panel_width() * ck_panel_width() }
}

/// The keys or the values of a pass as right-hand sides, packed once for all tiles and all heads that read them.
struct PackedKeys {
  /// [P + T, G * D].
  private let rows: Tensor
  private let headSize: Int
  /// Whether a right-hand side is [D, keys] or [keys, D].
  private let transposed: Bool
  private let places: KeyPlaces
  /// [G, packed rows * D in whole panels]; nil where products read plain rows.
  private let packed: Tensor?

  init(_ rows: Tensor, headSize: Int, transposed: Bool, places: KeyPlaces, workspace: Workspace) {
    self.rows = rows
    self.headSize = headSize
    self.transposed = transposed
    self.places = places
    let heads = rows.columns / headSize
    let width = KeyPlaces.padded(headSize)
    let packed = Products.usesOpenBLAS ? nil : workspace.allocate([heads, places.count * width])
    self.packed = packed
    guard let packed else { return }
    Threads.forEach(places.all.count * heads) { piece, _ in
      let (place, head) = (places.all[piece / heads], piece % heads)
      let source = rows.row(place.rows.lowerBound) + head * headSize
      let (columns, depth) = transposed ? (place.rows.count, headSize) : (headSize, place.rows.count)
      ck_pack_b(packed.row(head) + place.start * width, source, columns, depth, rows.columns, transposed)
    }
  }

  /// Some keys of a segment, from its first on.
  func side(_ keys: Range<Int>, head: Int) -> RightSide {
    guard let packed else {
      return .matrix(
        rows.row(keys.lowerBound) + head * headSize, stride: rows.columns, transposed: transposed)
    }
    let place = places[keys.lowerBound]
    return .panels(
      Panels(
        data: packed.row(head) + place.start * KeyPlaces.padded(headSize),
        stride: (transposed ? headSize : place.rows.count) * ck_panel_width(), form: .f32))
  }
}
