import Foundation
import Synchronization

/// Row ids: a type prefix, then 17 characters of base 32 that sort by the time of their making.
public enum RecordID {
  /// The type of row that an id names, by its prefix.
  public enum Kind: String, CaseIterable, Sendable {
    case source = "src"
    case document = "doc"
    case chunk = "chk"
    case pair
    case prompt = "prm"
    case model = "mdl"
    case run
    case checkpoint = "ckp"
    case annotator = "ann"
    case completion = "cpl"
    case comparison = "cmp"
    case judgement = "jdg"
    case rollout = "rol"
  }

  /// A new id. Ids made by one process ascend strictly; those of several processes sort by millisecond.
  public static func make(_ kind: Kind) -> String {
    let now = UInt64(Date().timeIntervalSince1970 * 1000)
    let (time, tail) = last.withLock { last in
      if now > last.time {
        // Half of the range stays free, so that counting up within a millisecond cannot overflow.
        last = (now, UInt64.random(in: 0..<(1 << 39)))
      } else {
        last.tail += 1
      }
      return last
    }
    return kind.rawValue + "_" + base32(time, digits: 9) + base32(tail, digits: 8)
  }

  /// The type that an id's prefix names, or nil for a text that is no id. A step is named `run_…/12`.
  public static func kind(of id: String) -> Kind? {
    guard let underscore = id.firstIndex(of: "_") else { return nil }
    return Kind(rawValue: String(id[..<underscore]))
  }

  /// Crockford's alphabet in lower case: no i, l, o, u, so that ids survive being read aloud.
  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
  private static let last = Mutex<(time: UInt64, tail: UInt64)>((0, 0))

  private static func base32(_ value: UInt64, digits: Int) -> String {
    let text = (0..<digits).reversed().map { alphabet[Int((value >> (UInt64($0) * 5)) & 31)] }
    return String(decoding: text, as: UTF8.self)
  }
}
