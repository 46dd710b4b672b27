import Foundation
import Testing
import Training

@Suite struct TokenSpoolTests {
  /// Rows of all lengths, with the flags of a conversation; ids of all lengths, some beyond ASCII.
  private func rows(_ count: Int, length: Int = 70) -> [TrainingRow] {
    (0..<count).map { index in
      let tokens = (0..<index % (length + 1)).map { Int32(($0 * 7919 + index) % 50_000) }
      return TrainingRow(
        id: "行\(String(repeating: "x", count: index % 5))\(index)", tokens: tokens,
        isTarget: tokens.indices.map { $0 % 3 == index % 3 })
    }
  }

  private func write(_ rows: [TrainingRow], to url: URL, fingerprint: String = "f") throws -> TokenSpool {
    let writer = try TokenSpool.Writer(url, fingerprint: fingerprint)
    for row in rows { try writer.append(row) }
    return try writer.finish(DataReport())
  }

  private func read(_ spool: TokenSpool) throws -> [TrainingRow] {
    try (0..<spool.count).map { try spool.row(at: $0) }
  }

  @Test func whatWasWrittenIsRead() throws {
    try withTemporaryFolder { folder in
      let (url, rows) = (folder.appendingPathComponent("run/train.rows"), rows(3000))
      let spool = try write(rows, to: url)
      #expect(try read(spool) == rows)
      #expect((0..<spool.count).map(spool.tokenCount) == rows.map(\.tokens.count))
      let again = try #require(try TokenSpool.open(url, fingerprint: "f"))
      #expect(try read(again) == rows)
      #expect(try TokenSpool.open(url, fingerprint: "another") == nil)
      #expect(try TokenSpool.open(folder.appendingPathComponent("none"), fingerprint: "f") == nil)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/run") == ["train.rows"])
      #expect(try write([], to: url).count == 0)
    }
  }

  /// Memory is a matter of how many rows there are, never of how long they are.
  @Test func aRowTakesAFewBytesOfMemory() throws {
    try withTemporaryFolder { folder in
      let short = try write(rows(5000, length: 2), to: folder.appendingPathComponent("a"))
      let url = folder.appendingPathComponent("b")
      let long = try write(rows(5000, length: 200), to: url)
      #expect(long.indexBytes == short.indexBytes)
      #expect(long.indexBytes <= 5000 * 20)
      #expect(try #require(try TokenSpool.open(url, fingerprint: "f")).indexBytes <= 5000 * 20)
    }
  }

  @Test func aFileThatIsNotWholeIsMadeAnew() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("rows")
      _ = try write(rows(50), to: url)
      let whole = try Data(contentsOf: url)
      for length in [0, 3, 31, whole.count / 2, whole.count - 1] {
        try whole.prefix(length).write(to: url)
        #expect(try TokenSpool.open(url, fingerprint: "f") == nil)
      }
      for distance in [1, 20, 40, 200, 900] {
        var damaged = whole
        damaged[whole.count - distance] ^= 4
        try damaged.write(to: url)
        #expect(try TokenSpool.open(url, fingerprint: "f") == nil, "\(distance) bytes before the end")
      }
      try whole.write(to: url)
      #expect(try TokenSpool.open(url, fingerprint: "f")?.count == 50)
    }
  }

  @Test func aRowThatChangedIsNamed() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("rows")
      let spool = try write(rows(50), to: url)
      let file = try FileHandle(forUpdating: url)
      try file.seek(toOffset: 14)
      try file.write(contentsOf: [255])
      let damaged = #expect(throws: TrainingError.self) { try spool.row(at: 0) }
      #expect(damaged?.description.contains("damaged at row 1 of 50; remove it and start again") == true)
      #expect(try spool.row(at: 40).tokens.count == 40)
      try file.truncate(atOffset: 1000)
      let short = #expect(throws: TrainingError.self) { try spool.row(at: 49) }
      #expect(short?.description.contains("\(url.path): the file was cut off: row 50 of 50 is missing") == true)
    }
  }

  @Test func aFolderThatCannotBeWrittenIsNamed() {
    let url = URL(fileURLWithPath: "/proc/nowhere/rows")
    let error = #expect(throws: TrainingError.self) { try TokenSpool.Writer(url, fingerprint: "f") }
    #expect(error?.description.contains("/proc/nowhere/.writing-rows: the file cannot be opened") == true)
  }
}
