import Foundation
import Tensors
import Testing

@Suite struct AttentionTests {
  let attention = Attention(heads: 4, keyHeads: 2, headSize: 6)

  /// A prompt with two answers, one of which has a continuation of its own, and a second tree longer than a tile.
  var batch: PackedBatch {
    var batch = PackedBatch()
    let prompt = batch.append([1, 2, 3])
    let answer = batch.append([4, 5], parent: prompt)
    batch.append([6, 7, 8], parent: prompt)
    batch.append([9], parent: answer)
    batch.append((0..<140).map { Int32($0) })
    return batch
  }

  func forward(_ q: Tensor, _ k: Tensor, _ v: Tensor, _ batch: PackedBatch, _ workspace: Workspace) -> (
    out: Tensor, lse: Tensor
  ) {
    let out = Tensor.zeros(q.shape)
    let lse = Tensor.zeros([4, batch.count])
    attention.forward(out, lse: lse, q: q, k: k, v: v, batch: batch, workspace: workspace)
    return (out, lse)
  }

  /// Which stream rows a row sees, from the definition.
  func visible(_ row: Int, _ batch: PackedBatch) -> [Int] {
    let own = batch.segments.firstIndex { ($0.start..<$0.start + $0.count).contains(row) }!
    var rows = Array(batch.segments[own].start...row)
    var parent = batch.segments[own].parent
    while let index = parent {
      rows += batch.segments[index].start..<batch.segments[index].start + batch.segments[index].count
      parent = batch.segments[index].parent
    }
    return rows
  }

  @Test func equalsTheDefinitionOnSharedPrefixes() {
    let batch = batch
    let q = randomTensor([batch.count, 24], seed: 1)
    let k = randomTensor([batch.count, 12], seed: 2)
    let v = randomTensor([batch.count, 12], seed: 3)
    let out = forward(q, k, v, batch, Workspace(capacity: 64 << 20)).out
    for row in 0..<batch.count {
      for head in 0..<4 {
        let keyColumn = head / 2 * 6
        let keys = visible(row, batch)
        let scores = keys.map { key in
          (0..<6).reduce(0.0) { $0 + Double(q.row(row)[head * 6 + $1] * k.row(key)[keyColumn + $1]) } / 6.0.squareRoot()
        }
        let weights = scores.map { exp($0 - scores.max()!) }
        let total = weights.reduce(0, +)
        for column in 0..<6 {
          let expected = zip(keys, weights).reduce(0.0) { $0 + $1.1 / total * Double(v.row($1.0)[keyColumn + column]) }
          #expect(abs(Double(out.row(row)[head * 6 + column]) - expected) < 1e-5)
        }
      }
    }
  }

  @Test func gradientsMatchFiniteDifferences() {
    var batch = PackedBatch()
    let prompt = batch.append([1, 2, 3])
    let answer = batch.append([4, 5], parent: prompt)
    batch.append([6, 7, 8], parent: prompt)
    batch.append([9], parent: answer)
    batch.append([1, 2])
    let (q, k, v) = (
      randomTensor([batch.count, 24], seed: 1), randomTensor([batch.count, 12], seed: 2),
      randomTensor([batch.count, 12], seed: 3)
    )
    let weights = randomTensor([batch.count, 24], seed: 4)
    let workspace = Workspace(capacity: 64 << 20)
    let (out, lse) = forward(q, k, v, batch, workspace)
    let (dq, dk, dv) = (Tensor.zeros(q.shape), Tensor.zeros(k.shape), Tensor.zeros(v.shape))
    attention.backward(
      dq: dq, dk: dk, dv: dv, dout: weights, out: out, lse: lse, q: q, k: k, v: v, batch: batch, workspace: workspace)
    let loss = { weightedSum(forward(q, k, v, batch, workspace).out, weights) }
    expectGradient(dq, of: q, "dq", loss: loss)
    expectGradient(dk, of: k, "dk", loss: loss)
    expectGradient(dv, of: v, "dv", loss: loss)
  }

  @Test func sharedPrefixEqualsSeparateSequences() {
    let (prompt, first, second): ([Int32], [Int32], [Int32]) = ([1, 2, 3], [4, 5], [6])
    var shared = PackedBatch()
    let root = shared.append(prompt)
    shared.append(first, parent: root)
    shared.append(second, parent: root)
    #expect(shared.positions == [0, 1, 2, 3, 4, 3])
    #expect(shared.lastRow(ofSegment: 2) == 5)
    var separate = PackedBatch()
    separate.append(prompt + second)
    let workspace = Workspace(capacity: 64 << 20)
    let rows = [0, 1, 2, 5]
    func pick(_ t: Tensor) -> Tensor {
      let y = Tensor.zeros([4, t.columns])
      RowAccess.gather(y, from: t, rows: rows)
      return y
    }
    let (q, k, v) = (randomTensor([6, 24], seed: 5), randomTensor([6, 12], seed: 6), randomTensor([6, 12], seed: 7))
    let a = pick(forward(q, k, v, shared, workspace).out)
    let b = forward(pick(q), pick(k), pick(v), separate, workspace).out
    for index in 0..<a.count { #expect(abs(a.data[index] - b.data[index]) < 1e-6) }
  }

  @Test(arguments: [1, 2, 3]) func bitsDoNotDependOnThreads(threads: Int) {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = threads
    let batch = batch
    let (q, k, v) = (
      randomTensor([batch.count, 24], seed: 1), randomTensor([batch.count, 12], seed: 2),
      randomTensor([batch.count, 12], seed: 3)
    )
    let workspace = Workspace(capacity: 64 << 20)
    let many = forward(q, k, v, batch, workspace).out.toArray()
    Threads.count = 1
    #expect(many == forward(q, k, v, batch, workspace).out.toArray())
  }
}
