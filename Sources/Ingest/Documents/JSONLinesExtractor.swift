import Store

/// Reads JSON Lines: each line is a record whose text or conversation becomes one document.
///
/// The text is the first of the fields `text`, `content`, `body`, `markdown`; a `messages` array (or the older
/// `conversations`) becomes one paragraph a message, led by its role in bold. A line that is no record with text is
/// kept as an empty document with the reason, so that every byte of the file is accounted for.
enum JSONLinesExtractor {
  /// A record and the bytes of its line, or why it was not read.
  struct Row {
    var line: Int
    var range: Range<Int>
    var document: ExtractedDocument?
    var reason: String?
  }

  static let textFields = ["text", "content", "body", "markdown"]

  static func extract(_ bytes: [UInt8]) -> [Row] {
    let source = SourceLines(bytes)
    var rows: [Row] = []
    var start = 0
    for (index, line) in source.lines.enumerated() {
      let end = index + 1 < source.lines.count ? source.lines[index + 1].lowerBound : bytes.count
      // Blank lines belong to the record after them, or to the last one at the end of the file.
      if source.content(index).isEmpty {
        if end == bytes.count, !rows.isEmpty {
          rows[rows.count - 1].range = rows[rows.count - 1].range.lowerBound..<end
        }
        continue
      }
      var row = Row(line: index + 1, range: start..<end)
      do {
        row.document = try record(Array(bytes[line]), start: line.lowerBound)
      } catch {
        row.reason = error.reason
      }
      rows.append(row)
      start = end
    }
    return rows
  }

  private struct Refusal: Error { var reason: String }

  private static func record(_ line: [UInt8], start: Int) throws(Refusal) -> ExtractedDocument {
    guard let value = try? JSONValue(parsing: String(decoding: line, as: UTF8.self)) else {
      throw Refusal(reason: "no valid JSON")
    }
    guard let object = value.object else { throw Refusal(reason: "no JSON object") }
    let record = JSONRecord(line, start: start)
    var metadata = scalars(of: object)
    var text: SpannedText?
    for field in textFields where text == nil {
      if let value = record.value(field), record.isString(value) {
        text = record.text(value)
        metadata[field] = nil
      }
    }
    if text == nil { text = conversation(record) }
    guard let text else {
      throw Refusal(reason: "no field \(textFields.joined(separator: ", ")) or messages with text")
    }
    return ExtractedDocument(
      title: metadata.removeValue(forKey: "title"), text: text.string, spans: text.spans, metadata: metadata,
      license: metadata["license"] ?? metadata["licence"])
  }

  private static func conversation(_ record: JSONRecord) -> SpannedText? {
    guard let list = record.value("messages") ?? record.value("conversations") else { return nil }
    var text = SpannedText()
    for element in record.elements(list) where record.bytes[element.lowerBound] == UInt8(ascii: "{") {
      let message = JSONRecord(record.bytes, start: record.start, object: element)
      guard let content = message.value("content") ?? message.value("value"), message.isString(content) else {
        continue
      }
      let role = message.string("role") ?? message.string("from") ?? "message"
      text.add((text.bytes.isEmpty ? "" : "\n\n") + "**\(role)**\n\n")
      message.append(content, to: &text)
    }
    return text.bytes.isEmpty ? nil : text
  }

  /// Short plain values of a record, which say where it came from.
  private static func scalars(of object: [String: JSONValue]) -> [String: String] {
    var metadata: [String: String] = [:]
    for (key, value) in object {
      switch value {
      case .string(let text) where text.utf8.count <= 500: metadata[key] = text
      case .int, .double, .bool: metadata[key] = value.canonical
      default: break
      }
    }
    return metadata
  }
}
