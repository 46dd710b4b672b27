import KernelCases

// `kernels [WORD]`: every kernel whose name holds WORD, at every level that this processor has, on one thread: its rate,
// how much faster it is than its portable twin, and its share of what the machine gives (arithmetic or memory, whichever
// is the nearer limit).

let filter = CommandLine.arguments.dropFirst().first ?? ""
if filter.hasPrefix("-") {
  print("usage: kernels [WORD]    times the kernels whose names hold WORD")
} else {
  let levels = [CK_PORTABLE, CK_AVX2, CK_AVX512, CK_NEON].filter { ck_table($0) != nil }
  let roofline = Roofline()
  let memory = [32 << 10, 512 << 10, 256 << 20].map { size in
    "\(fixed(roofline.bandwidth(bytes: Double(size), writes: false) / 1e9, 0)) GB/s from \(size >> 10) KiB"
  }
  print("one core: \(fixed(roofline.operations / 1e9, 0)) GFLOP/s in multiply-adds; \(memory.joined(separator: ", "))")
  print("")
  print(pad("kernel", 36) + pad("level", 10) + "       time       rate          ratio   of the limit")
  for index in 0..<kernel_case_count() {
    let sizes = kernel_case_at(index)!
    let name = caseName(sizes)
    guard filter.isEmpty || name.contains(filter) else { continue }
    var portable = 0.0
    for level in levels {
      let seconds = Timing.seconds(sizes, ck_table(level)!)
      if level == CK_PORTABLE { portable = seconds }
      let work = sizes.pointee.operations > 0 ? sizes.pointee.operations : sizes.pointee.traffic
      let unit = sizes.pointee.operations > 0 ? "GFLOP/s" : "GB/s   "
      print(
        pad(level == CK_PORTABLE ? name : "", 36) + pad(String(cString: ck_level_name(level)), 10)
          + right(fixed(seconds * 1e6, 1), 8) + " us" + right(fixed(work / seconds / 1e9, 1), 9) + " " + unit
          + right(fixed(portable / seconds, 1), 7) + "x"
          + right(fixed(100 * roofline.seconds(sizes.pointee) / seconds, 0), 9) + "%")
    }
  }
}
