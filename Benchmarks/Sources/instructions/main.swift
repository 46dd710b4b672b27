import KernelCases

// What callgrind watches: `instructions` lists the counted cases, `instructions NAME` runs one at the AVX2 level, or at
// the best one below it, once to warm up and once more.

func name(_ index: Int) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { text in
    kernel_case_name(kernel_case_at(index), text.baseAddress, text.count)
    return String(cString: text.baseAddress!)
  }
}

let counted = (0..<kernel_case_count()).filter { kernel_case_at($0)!.pointee.is_counted }
if CommandLine.arguments.count == 1 {
  for index in counted { print(name(index)) }
} else {
  let wanted = CommandLine.arguments[1]
  guard let index = counted.first(where: { name($0) == wanted }) else { fatalError("no case \(wanted)") }
  let sizes = kernel_case_at(index)
  let kernels = ck_table(CK_AVX2) ?? ck_table(CK_PORTABLE)
  var memory = kernel_memory_for(sizes, kernels)
  kernel_call(kernels, sizes, &memory)
  kernel_memory_free(&memory)
}
