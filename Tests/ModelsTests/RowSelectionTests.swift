import Foundation
import Models
import Tensors
import Testing

/// The last block computes the rows that are read, and nothing changes by that.
@Suite struct RowSelectionTests {
  private let workspace = Workspace(capacity: 64 << 20)

  enum Kind: CaseIterable { case full, lowRank, lastBlock, prefix, prompt }

  private func role(_ kind: Kind, dropout: Double = 0) throws -> Role {
    let model = try ParityFixtures.role("tiny-tied").model
    switch kind {
    case .full:
      try model.train(freezing: [])
      return Role(model)
    case .lastBlock:
      let last = model.configuration.layerCount - 1
      try model.train(freezing: ["model.embed_tokens.*"] + (0..<last).map { "model.layers.\($0).*" })
      return Role(model)
    case .lowRank:
      let configuration = AdapterConfiguration(rank: 4, dropout: dropout, targets: .allLinear)
      let adapter = try Adapter(configuration, model: model, seed: 1, scoreHead: true)
      // B begins as zeros, and then A has no gradient.
      for (index, parameter) in adapter.parameters.enumerated() {
        for place in 0..<parameter.value.count {
          parameter.value.data[place] += Float((place * 7 + index) % 11 - 5) * 0.01
        }
      }
      return Role(model, adapter)
    case .prefix: return Role(model, Adapter(PromptConfiguration(.prefix, count: 3), model: model, seed: 1))
    case .prompt: return Role(model, Adapter(PromptConfiguration(.prompt, count: 3), model: model, seed: 1))
    }
  }

  private struct Outcome {
    var values: [Float]
    var gradients: [[Float]]
    var computedRows: Int
    var rowCount: Int
  }

  /// Log-probabilities of some targets, and scores where the role has a score head, forward and back.
  private func run(_ role: Role, selects: Bool, recomputes: Bool, dropout: DropoutKey? = nil) -> Outcome {
    var batch = PackedBatch()
    let parent = batch.append([1, 87, 85, 40, 50, 60])
    batch.append([12, 13, 14], parent: parent)
    batch.append([33, 34], parent: parent)
    batch.append([1, 12, 13, 2])
    let targets = [(5, 12), (6, 13), (5, 33), (9, 34), (12, 13)].map { Target(row: $0.0, token: Int32($0.1)) }
    let scored = role.adapter?.scoreHead == nil ? [] : [8, 6]
    let tape = Tape(recomputesBlocks: recomputes, workspace: workspace, dropout: dropout)
    for parameter in role.trainableParameters { parameter.zeroGradient() }
    let states = role.hiddenStates(batch, reading: selects ? targets.map(\.row) + scored : nil, tape: tape)
    let output = states.logProbabilities(targets)
    output.setGradient([0.5, -1, 2, 0.25, 1])
    var values = output.values
    if !scored.isEmpty {
      let scores = states.scores(rows: scored)
      scores.setGradient([1, -3])
      values += scores.values
    }
    tape.backward()
    tape.finish()
    return Outcome(
      values: values, gradients: role.trainableParameters.map { $0.gradient.toArray() },
      computedRows: states.computedRows, rowCount: states.rowCount)
  }

  @Test(arguments: Kind.allCases, [false, true]) func valuesAndGradientsAreThoseOfAllRows(
    kind: Kind, recomputes: Bool
  ) throws {
    let role = try role(kind)
    let all = run(role, selects: false, recomputes: recomputes)
    let some = run(role, selects: true, recomputes: recomputes)
    #expect(all.computedRows == all.rowCount)
    #expect(some.rowCount == all.rowCount && some.computedRows == (kind == .lowRank ? 5 : 4))
    #expect(some.values == all.values)
    #expect(some.gradients.count == all.gradients.count && !some.gradients.isEmpty)
    for (mine, whole) in zip(some.gradients, all.gradients) {
      let norm = sqrt(whole.reduce(0) { $0 + $1 * $1 })
      let off = sqrt(zip(mine, whole).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
      #expect(off <= 2e-6 * norm, "off by \(off) of \(norm)")
    }
    #expect(some.gradients.joined().contains { $0 != 0 })
  }

  /// Masks are drawn by a row's place in the stream.
  @Test func dropoutComputesAllRows() throws {
    let role = try role(.lowRank, dropout: 0.3)
    let key = DropoutKey(seed: 3, step: 1, firstRow: 0)
    let (all, some) = (
      run(role, selects: false, recomputes: false, dropout: key),
      run(role, selects: true, recomputes: false, dropout: key)
    )
    #expect(some.computedRows == some.rowCount && some.values == all.values && some.gradients == all.gradients)
  }
}
