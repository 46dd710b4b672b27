import Foundation

/// Points in time as the store writes them: UTC, ISO 8601, with milliseconds, so that text order is time order.
public enum Timestamp {
  /// The present, such as `2026-11-23T22:41:53.120Z`.
  public static func now() -> String { text(Date()) }

  /// A date in the store's form.
  public static func text(_ date: Date) -> String {
    let milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded(.down))
    var seconds = time_t(milliseconds.quotientFlooring(1000))
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let day =
      "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    let time = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
    return "\(day)T\(time).\(padded(Int(milliseconds - Int64(seconds) * 1000), 3))Z"
  }
}

extension Int64 {
  fileprivate func quotientFlooring(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
