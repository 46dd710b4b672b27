import Synchronization
import Tensors
import Testing

@Suite struct ThreadsTests {
  @Test(arguments: [0, 1, 2, 3, 7, 64, 1001], [1, 2, 3, 8])
  func everyPieceIsDoneOnce(_ pieces: Int, workers: Int) {
    let done = Mutex([Int](repeating: 0, count: pieces))
    Threads.forEachInOrder(pieces, workers: workers) { piece in done.withLock { $0[piece] += 1 } }
    #expect(done.withLock { $0 } == [Int](repeating: 1, count: pieces))
  }
}
