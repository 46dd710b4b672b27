import Foundation

/// The largest singular values of a matrix with their vectors, by LAPACK on the calling thread.
///
/// From the eigenvectors of W Wᵀ or Wᵀ W, whichever is smaller, in f64, so that squaring costs no digit of f32.
public struct PrincipalComponents: Sendable {
  /// Left vectors, [out, R].
  public let u: Tensor
  /// Singular values, the largest first.
  public let values: [Double]
  /// Right vectors, [R, in].
  public let v: Tensor

  /// - Precondition: the rank is at most the smaller side.
  /// - Throws: `BLAS.LoadError` where OpenBLAS or its LAPACK is missing.
  public init(of weight: WeightMatrix, rank: Int) throws(BLAS.LoadError) {
    precondition(rank <= min(weight.rows, weight.columns), "rank \(rank) of \(weight.rows) x \(weight.columns)")
    let panels = WeightPanels(weight)
    let library = try DoubleLibrary()
    let side = panels.side
    var gram = [Double](repeating: 0, count: side * side)
    panels.visit { panel, _, length in library.addGram(&gram, panel, side: side, length: length) }
    // Row j of `vectors` is the j-th eigenvector, the smallest eigenvalue first.
    let (eigenvalues, vectors) = library.largestEigenvectors(&gram, side: side, count: rank)
    let order = Array((0..<rank).reversed())
    let values = order.map { max(0, eigenvalues[$0]).squareRoot() }
    let (u, v) = (Tensor.zeros([weight.rows, rank]), Tensor.zeros([rank, weight.columns]))
    for (at, index) in order.enumerated() {
      for element in 0..<side {
        let value = Float(vectors[index * side + element])
        if panels.isWide { u.row(element)[at] = value } else { v.row(at)[element] = value }
      }
    }
    panels.visit { panel, first, length in
      let products = library.product(vectors, panel, count: rank, side: side, length: length)
      for (at, index) in order.enumerated() where values[at] > 0 {
        for element in 0..<length {
          let value = Float(products[index * length + element] / values[at])
          if panels.isWide { v.row(at)[first + element] = value } else { u.row(first + element)[at] = value }
        }
      }
    }
    (self.u, self.values, self.v) = (u, values, v)
  }
}

/// A matrix, or its transpose where it is taller than wide, in panels of columns as f64.
private struct WeightPanels {
  let weight: WeightMatrix
  /// Whether panels are of the matrix itself.
  let isWide: Bool
  var side: Int { isWide ? weight.rows : weight.columns }
  private static let width = 512

  init(_ weight: WeightMatrix) {
    self.weight = weight
    isWide = weight.rows <= weight.columns
  }

  /// Panels [side, length], of which each starts at column `first`.
  func visit(_ body: (_ panel: [Double], _ first: Int, _ length: Int) -> Void) {
    let long = isWide ? weight.columns : weight.rows
    for first in stride(from: 0, to: long, by: Self.width) {
      let length = min(Self.width, long - first)
      var panel = [Double](repeating: 0, count: side * length)
      PackBuffers.with(side * length) { part in
        let chosen = first..<first + length
        if isWide {
          weight.expand(rows: 0..<side, columns: chosen, into: part)
          for index in 0..<side * length { panel[index] = Double(part[index]) }
        } else {
          weight.expand(rows: chosen, columns: 0..<side, into: part)
          for row in 0..<length {
            for column in 0..<side { panel[column * length + row] = Double(part[row * side + column]) }
          }
        }
      }
      body(panel, first, length)
    }
  }
}

extension WeightMatrix {
  /// A part of the matrix as f32, rows next to each other.
  func expand(rows: Range<Int>, columns: Range<Int>, into y: UnsafeMutablePointer<Float>) {
    switch self {
    case .quantized(let matrix): matrix.expand(rows: rows, columns: columns, into: y)
    case .dense(let parameter):
      for (index, row) in rows.enumerated() {
        (y + index * columns.count).update(
          from: parameter.value.row(row) + columns.lowerBound, count: columns.count)
      }
    }
  }
}

/// The three f64 functions of OpenBLAS that principal components need; row-major.
private struct DoubleLibrary {
  private typealias SymmetricUpdate =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Double, UnsafePointer<Double>, Int32, Double, UnsafeMutablePointer<Double>,
      Int32
    ) -> Void
  private typealias Product =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Double, UnsafePointer<Double>, Int32, UnsafePointer<Double>, Int32,
      Double, UnsafeMutablePointer<Double>, Int32
    ) -> Void
  private typealias Integer = UnsafeMutablePointer<Int32>
  private typealias Real = UnsafeMutablePointer<Double>
  private typealias Letter = UnsafePointer<CChar>
  /// dsyevr, with the lengths of its three letters that Fortran passes last.
  private typealias Eigenvectors =
    @convention(c) (
      Letter, Letter, Letter, Integer, Real, Integer, Real, Real, Integer, Integer, Real, Integer, Real, Real, Integer,
      Integer, Real, Integer, Integer, Integer, Integer, Int, Int, Int
    ) -> Void

  private let update: SymmetricUpdate
  private let product: Product
  private let eigenvectors: Eigenvectors

  init() throws(BLAS.LoadError) {
    update = unsafeBitCast(try BLAS.function("cblas_dsyrk"), to: SymmetricUpdate.self)
    product = unsafeBitCast(try BLAS.function("cblas_dgemm"), to: Product.self)
    eigenvectors = unsafeBitCast(try BLAS.function("dsyevr_"), to: Eigenvectors.self)
  }

  private static let (rowMajor, plain, upper): (Int32, Int32, Int32) = (101, 111, 121)

  /// gram [side, side], its upper triangle, += panel panelᵀ.
  func addGram(_ gram: inout [Double], _ panel: [Double], side: Int, length: Int) {
    update(
      Self.rowMajor, Self.upper, Self.plain, Int32(side), Int32(length), 1, panel, Int32(length), 1, &gram, Int32(side))
  }

  /// vectors [count, side] panel [side, length].
  func product(_ vectors: [Double], _ panel: [Double], count: Int, side: Int, length: Int) -> [Double] {
    var result = [Double](repeating: 0, count: count * length)
    product(
      Self.rowMajor, Self.plain, Self.plain, Int32(count), Int32(length), Int32(side), 1, vectors, Int32(side), panel,
      Int32(length), 0, &result, Int32(length))
    return result
  }

  /// The largest eigenvalues, ascending, and their vectors as rows; `matrix` is used up.
  func largestEigenvectors(_ matrix: inout [Double], side: Int, count: Int) -> ([Double], [Double]) {
    var (n, first, last, found, status) = (Int32(side), Int32(side - count + 1), Int32(side), Int32(0), Int32(0))
    var (low, high, tolerance) = (0.0, 0.0, 0.0)
    var values = [Double](repeating: 0, count: side)
    var vectors = [Double](repeating: 0, count: count * side)
    var support = [Int32](repeating: 0, count: 2 * side)
    func call(_ work: inout [Double], _ workSize: Int32, _ integers: inout [Int32], _ integerSize: Int32) {
      var (workSize, integerSize, rows, length) = (workSize, integerSize, n, n)
      // Fortran counts columns first: the upper triangle by rows is its lower one.
      eigenvectors(
        "V", "I", "L", &n, &matrix, &rows, &low, &high, &first, &last, &tolerance, &found, &values, &vectors,
        &length, &support, &work, &workSize, &integers, &integerSize, &status, 1, 1, 1)
    }
    var (work, integers) = ([0.0], [Int32(0)])
    call(&work, -1, &integers, -1)
    let (workSize, integerSize) = (Int32(work[0]), integers[0])
    work = [Double](repeating: 0, count: Int(workSize))
    integers = [Int32](repeating: 0, count: Int(integerSize))
    call(&work, workSize, &integers, integerSize)
    precondition(status == 0 && Int(found) == count, "dsyevr ended with \(status), \(found) of \(count) vectors")
    return (values, vectors)
  }
}
