import Store

/// One line of a data set, read: a record or the reason why it is none.
struct ParsedRow {
  var ordinal: Int
  /// The line's bytes within the file, its end mark included.
  var range: Range<Int>
  var record: Result<DatasetRecord, RecordProblem>

  init(_ line: LineReader.Line, ordinal: Int) {
    self.ordinal = ordinal
    range = line.offset..<line.end
    do {
      record = .success(try DatasetRecord(row: try JSONLineParser.parse(line.bytes)))
    } catch let problem as RecordProblem {
      record = .failure(problem)
    } catch {
      record = .failure(RecordProblem("\(error)"))
    }
  }

  /// Stores the row's record.
  /// - Returns: what to write into the data set's account, and whether the store did not hold the record before.
  func store(in store: Store, source: String, split: Split, annotator: String) throws -> (ImportRecord, isNew: Bool) {
    func account(_ outcome: ImportRecord.Outcome, _ added: Added) -> (ImportRecord, isNew: Bool) {
      let record = ImportRecord(source: source, ordinal: ordinal, range: range, outcome: outcome, target: added.id)
      return (record, added.isNew)
    }
    switch record {
    case .success(.conversation(let messages)):
      let pair = Pair(messages: messages, origin: .imported, language: nil, split: split)
      return account(.pair, try store.addPairs([pair])[0])
    case .success(.preference(let prompt, let chosen, let rejected)):
      let prompt = Prompt(messages: prompt, origin: "imported", split: split)
      return account(
        .comparison,
        try store.addImportedPreference(prompt: prompt, chosen: chosen, rejected: rejected, annotator: annotator))
    case .success(.prompt(let messages)):
      return account(.prompt, try store.addPrompts([Prompt(messages: messages, origin: "imported", split: split)])[0])
    case .failure(let problem):
      return (
        ImportRecord(source: source, ordinal: ordinal, range: range, outcome: .refused, reason: problem.description),
        false
      )
    }
  }
}
