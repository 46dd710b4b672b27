import Foundation
import Models
import Store

/// How rows are made ready for a supervised run.
struct RowPreparation {
  let limits: RowLimits
  /// The token that ends a document; nil when rows are not documents.
  let endOfText: Int32?

  init(_ role: Role, _ options: SupervisedOptions) throws {
    limits = RowLimits(role, maximumLength: options.loop.maximumLength)
    endOfText = options.packing == .windows ? options.endOfText : nil
    if options.packing == .windows && endOfText == nil {
      throw TrainingError.invalidOption(name: "end_of_text", value: "missing", expected: "a token, to pack documents")
    }
  }

  /// Rows that stay in memory.
  func prepare(_ rows: [TrainingRow]) throws -> PreparedRows {
    var report = DataReport()
    return PreparedRows(rows: RowList(try rows.compactMap { try prepare($0, report: &report) }), report: report)
  }

  /// Rows that stay in a file of the folder, where an earlier start may have left them.
  ///
  /// - Parameter fingerprint: of all that the feed gives; an empty one finds nothing.
  func prepare(_ feed: RowFeed, in folder: URL, name: String, fingerprint: String) throws -> PreparedRows {
    let file = folder.appendingPathComponent(name + ".rows")
    let key = ContentHash.of(
      "\(fingerprint) \(limits.maximumLength) \(limits.vocabularySize) \(endOfText.map(String.init) ?? "rows")")
    if !fingerprint.isEmpty, let spool = try TokenSpool.open(file, fingerprint: key) {
      return PreparedRows(rows: spool, report: spool.report)
    }
    var report = DataReport()
    let writer = try TokenSpool.Writer(file, fingerprint: key)
    try feed { row in
      if let row = try prepare(row, report: &report) { try writer.append(row) }
    }
    return PreparedRows(rows: try writer.finish(report), report: report)
  }

  /// What steps are made of.
  func examples(_ prepared: PreparedRows, loop: LoopOptions) -> any ExampleSource {
    guard let endOfText else { return RowExamples(prepared, loop: loop) }
    return DocumentWindows(
      documents: prepared.rows, endOfText: endOfText, length: limits.maximumLength, loop: loop)
  }

  private func prepare(_ row: TrainingRow, report: inout DataReport) throws -> TrainingRow? {
    guard let endOfText else { return try limits.prepare(row, report: &report) }
    return try limits.prepareDocument(row, report: &report).map {
      DocumentWindows.withoutEnd($0, endOfText: endOfText)
    }
  }
}
