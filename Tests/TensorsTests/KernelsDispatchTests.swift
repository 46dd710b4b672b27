import CKernels
import Testing

@Suite struct KernelsDispatchTests {
  @Test func bestLevelHasATableAndAName() {
    let best = ck_best_level()
    #expect(ck_table(best) != nil)
    #expect(ck_table(ck_current_level()) != nil)
    #expect(
      String(cString: ck_level_name(best)) == (best == CK_AVX512 ? "avx512" : best == CK_AVX2 ? "avx2" : "portable"))
  }

  @Test func aLevelTheProcessorLacksIsRefused() {
    #expect(ck_table(CK_NEON) == nil)
    #expect(!ck_select_level(CK_NEON))
    #expect(ck_select_level(ck_current_level()))
  }

  @Test func dispatchCallsTheCurrentLevel() {
    let x = (0..<37).map { Float($0) / 8 - 2 }
    var direct = x
    var dispatched = x
    ck_table(ck_current_level())!.pointee.exp(&direct, x, x.count)
    ck_exp(&dispatched, x, x.count)
    #expect(direct == dispatched)
  }
}
