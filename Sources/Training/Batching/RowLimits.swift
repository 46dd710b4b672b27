/// Holds rows to what a model can read, and accounts for what is lost.
package struct RowLimits {
  /// Longest sequence, in tokens.
  let maximumLength: Int
  let vocabularySize: Int

  package init(maximumLength: Int, vocabularySize: Int) {
    self.maximumLength = maximumLength
    self.vocabularySize = vocabularySize
  }

  /// Cuts long rows from the right; refuses rows that have nothing to predict.
  package func prepare(_ rows: [TrainingRow]) throws -> (rows: [TrainingRow], report: DataReport) {
    var report = DataReport()
    return (try rows.compactMap { try prepare($0, report: &report) }, report)
  }

  /// A row cut from the right to what can be read; nil when it has nothing to predict.
  func prepare(_ row: TrainingRow, report: inout DataReport) throws -> TrainingRow? {
    report.rows += 1
    guard row.tokens.count == row.isTarget.count else {
      throw TrainingError.invalidRow(
        id: row.id, reason: "\(row.tokens.count) tokens have \(row.isTarget.count) target flags")
    }
    try check(row.tokens, id: row.id)
    let cut = cutting(row, report: &report)
    let targets = cut.isTarget.dropFirst().count { $0 }
    guard targets > 0 else {
      report.refuse(row.id, row.tokens.isEmpty ? "empty" : "without a target")
      return nil
    }
    report.kept += 1
    report.tokens += cut.tokens.count
    report.targets += targets
    return cut
  }

  /// A document, which is cut into windows later; nil when it is empty.
  func prepareDocument(_ row: TrainingRow, report: inout DataReport) throws -> TrainingRow? {
    report.rows += 1
    try check(row.tokens, id: row.id)
    guard !row.tokens.isEmpty else {
      report.refuse(row.id, "empty")
      return nil
    }
    report.kept += 1
    report.tokens += row.tokens.count
    report.targets += row.tokens.count
    return row
  }

  /// Cuts long answers from the right; refuses pairs whose prompt or answer is empty or leaves no room.
  package func prepare(_ rows: [PreferenceRow]) throws -> (rows: [PreferenceRow], report: DataReport) {
    var report = DataReport()
    var kept: [PreferenceRow] = []
    report.rows = rows.count
    for row in rows {
      for tokens in [row.prompt, row.chosen, row.rejected] { try check(tokens, id: row.id) }
      let room = maximumLength - row.prompt.count
      if let reason = refusal(prompt: row.prompt, room: room, answers: [row.chosen, row.rejected]) {
        report.refuse(row.id, reason)
        continue
      }
      var cut = row
      cut.chosen = Array(row.chosen.prefix(room))
      cut.rejected = Array(row.rejected.prefix(room))
      if cut != row {
        report.cut += 1
        report.lostEnd += 1
      }
      report.targets += cut.chosen.count + cut.rejected.count
      report.tokens += cut.prompt.count + cut.chosen.count + cut.rejected.count
      kept.append(cut)
    }
    report.kept = kept.count
    return (kept, report)
  }

  /// Refuses prompts that are empty or leave no room for an answer of `answerTokens`.
  package func prepare(_ rows: [PromptRow], answerTokens: Int) throws -> (rows: [PromptRow], report: DataReport) {
    var report = DataReport()
    report.rows = rows.count
    let kept = try rows.filter { row in
      try check(row.tokens, id: row.id)
      let reason = refusal(prompt: row.tokens, room: maximumLength - row.tokens.count - answerTokens + 1, answers: [])
      if let reason { report.refuse(row.id, reason) }
      return reason == nil
    }
    report.kept = kept.count
    report.tokens = kept.reduce(0) { $0 + $1.tokens.count }
    return (kept, report)
  }

  private func refusal(prompt: [Int32], room: Int, answers: [[Int32]]) -> String? {
    if prompt.isEmpty { return "without a prompt" }
    if room < 1 { return "with a prompt that leaves no room for an answer" }
    if answers.contains(where: \.isEmpty) { return "without an answer" }
    return nil
  }

  private func cutting(_ row: TrainingRow, report: inout DataReport) -> TrainingRow {
    guard row.tokens.count > maximumLength else { return row }
    report.cut += 1
    if row.isTarget[maximumLength...].contains(true) { report.lostEnd += 1 }
    return TrainingRow(
      id: row.id, tokens: Array(row.tokens.prefix(maximumLength)), isTarget: Array(row.isTarget.prefix(maximumLength)))
  }

  private func check(_ tokens: [Int32], id: String) throws {
    guard let wrong = tokens.first(where: { $0 < 0 || $0 >= vocabularySize }) else { return }
    throw TrainingError.invalidRow(
      id: id,
      reason: "token \(wrong) is outside the model's vocabulary of \(vocabularySize); is the tokenizer the model's?")
  }
}
