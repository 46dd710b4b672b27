import CKernels
import Tensors

/// How many tokens are drafted: as many as make a pass's time per token least.
///
/// A pass of several rows chooses the token after each, as if they had come one by one, and drafted tokens count as far
/// as they are what is chosen (Leviathan et al. 2023). Here the choice at a position is keyed by the position, so that
/// an answer is the same, bit for bit, whatever was drafted.
package struct Lookahead: Sendable {
  /// Time that each further row adds to a pass, in passes of one row.
  package let rowCost: Double
  /// Rows of a pass, beyond which nothing is drafted.
  package let maximumRows: Int

  package init(rowCost: Double, maximumRows: Int = 16) {
    self.rowCost = rowCost
    self.maximumRows = maximumRows
  }

  /// Nil for kernels that do one row after the other.
  static func usual(for model: LanguageModel) -> Lookahead? {
    guard ck_current_level() != CK_PORTABLE else { return nil }
    return Lookahead(rowCost: rowCost(of: model.format))
  }

  /// Measured on smol-135m and two cores with AVX2, sampling included: milliseconds of a pass of 1, 2, 4, 8 and 16 rows
  /// are 25, 29, 30, 38 and 56 in f32, 22, 24, 27, 40 and 67 in bf16, 10, 12, 18, 30 and 58 in int8, 11, 14, 23, 40 and
  /// 74 in NF4. A model that fits the caches pays more for a row in f32: 0.3 with 3 million weights.
  private static func rowCost(of format: WeightFormat) -> Double {
    switch format {
    case .f32: 0.1
    case .bf16: 0.15
    case .int8: 0.3
    case .nf4: 0.35
    }
  }

  /// Tokens to draft for each sequence of a pass.
  ///
  /// - Parameters:
  ///   - rates: the chance that a drafted token is right, by sequence.
  ///   - room: the most that each may draft.
  package func lengths(rates: [Double], room: [Int]) -> [Int] {
    var lengths = rates.map { _ in 0 }
    guard rates.count < maximumRows else { return lengths }
    var (tokens, time) = (Double(rates.count), 1 + rowCost * Double(rates.count - 1))
    // That the next token drafted is right, and all before it.
    var chances = zip(rates, room).map { $1 > 0 ? $0 : 0 }
    for _ in rates.count..<maximumRows {
      guard let best = chances.indices.max(by: { chances[$0] < chances[$1] }), chances[best] * time > rowCost * tokens
      else { break }
      lengths[best] += 1
      tokens += chances[best]
      time += rowCost
      chances[best] = lengths[best] < room[best] ? chances[best] * rates[best] : 0
    }
    return lengths
  }
}
