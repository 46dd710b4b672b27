import Foundation

/// What can go wrong with data set files; the text is for the person at the terminal.
public enum DatasetsError: Error, Equatable, CustomStringConvertible {
  case cannotRead(path: String, reason: String)
  case cannotWrite(path: String, reason: String)
  case noRecords(path: String, refused: Int)
  case wrongFormat(format: String, kind: String, allowed: [String])
  case nothingToExport(kind: String, split: String?)

  public var description: String {
    switch self {
    case .cannotRead(let path, let reason): "cannot read \(path): \(reason)"
    case .cannotWrite(let path, let reason): "cannot write \(path): \(reason); nothing was left there"
    case .noRecords(let path, let refused):
      refused == 0
        ? "\(path) holds no rows; it should hold one JSON object a line"
        : "none of the \(refused) rows of \(path) could be used; "
          + "a row holds messages, prompt and completion, prompt, chosen and rejected, or prompt"
    case .wrongFormat(let format, let kind, let allowed):
      "\(kind) records have no \(format) form; use --format \(allowed.joined(separator: " or "))"
    case .nothingToExport(let kind, let split):
      "the store holds no \(kind) records\(split.map { " in the \($0) split" } ?? ""); "
        + (kind == "preference"
          ? "import or label some first (prep import, prep label)" : "make some first (prep pairs)")
    }
  }

  /// The system's reason in a few words.
  static func reason(_ error: any Error) -> String {
    let error = error as NSError
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError, cause.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(cause.code))).lowercased()
    }
    switch error.code {
    case CocoaError.fileReadNoSuchFile.rawValue, CocoaError.fileNoSuchFile.rawValue: return "no such file"
    case CocoaError.fileReadNoPermission.rawValue, CocoaError.fileWriteNoPermission.rawValue:
      return "permission denied"
    default: return error.localizedDescription
    }
  }
}
