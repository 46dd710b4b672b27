/// A number in about four characters: `950`, `12.3k`, `4.56M`, `0.012`.
public func shortNumber(_ value: Double) -> String {
  guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
  let size = abs(value)
  for (limit, divisor, suffix) in [(1e3, 1.0, ""), (1e6, 1e3, "k"), (1e9, 1e6, "M"), (1e12, 1e9, "G")]
  where size < limit * 0.9995 {
    return significant(value / divisor, size < 1 ? 2 : 3) + suffix
  }
  return significant(value / 1e12, 3) + "T"
}

/// A duration as people write it: `0.4 s`, `42 s`, `3 min 05 s`, `2 h 10 min`.
public func shortDuration(_ seconds: Double) -> String {
  guard seconds.isFinite else { return "?" }
  if seconds < 9.95 { return fixed(seconds, 1) + " s" }
  let whole = Int(seconds.rounded())
  if whole < 60 { return "\(whole) s" }
  if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
  return "\(whole / 3600) h \(twoDigits(whole % 3600 / 60)) min"
}

/// A number of bytes with a binary unit: `512 B`, `1.5 MiB`.
public func shortBytes(_ bytes: Int) -> String {
  var value = Double(bytes)
  for unit in ["B", "KiB", "MiB", "GiB"] {
    if value < 1024 { return (unit == "B" ? "\(bytes)" : significant(value, 3)) + " " + unit }
    value /= 1024
  }
  return significant(value, 3) + " TiB"
}

/// `value` with exactly `digits` digits after the point, rounded half away from zero.
public func fixed(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = (abs(value) * scale).rounded()
  guard scaled < 9e15 else { return "\(value)" }
  let whole = Int(scaled)
  let sign = value < 0 && whole != 0 ? "-" : ""
  guard digits > 0 else { return sign + "\(whole)" }
  let fraction = String(whole % Int(scale))
  return sign + "\(whole / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
}

private func significant(_ value: Double, _ digits: Int) -> String {
  let size = abs(value)
  if size == 0 { return "0" }
  if size < 0.001 { return fixed(value, 5) }
  var decimals = digits - 1
  var limit = 10.0
  while size >= limit, decimals > 0 {
    decimals -= 1
    limit *= 10
  }
  var small = 1.0
  while size < small {
    decimals += 1
    small /= 10
  }
  let text = fixed(value, decimals)
  guard text.contains(".") else { return text }
  let trimmed = text.reversed().drop { $0 == "0" }
  return String((trimmed.first == "." ? trimmed.dropFirst() : trimmed).reversed())
}

private func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
