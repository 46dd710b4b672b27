import KernelCases

func caseName(_ sizes: UnsafePointer<kernel_case>) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { text in
    kernel_case_name(sizes, text.baseAddress, text.count)
    return String(cString: text.baseAddress!)
  }
}

/// `value` with `digits` digits after the point.
func fixed(_ value: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let whole = Int((value * scale).rounded())
  guard digits > 0 else { return "\(whole)" }
  let fraction = String(whole % Int(scale))
  return "\(whole / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
}

func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
