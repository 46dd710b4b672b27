import Ingest
import Testing

@Suite struct TextExtractionTests {
  @Test func keepsMarkdownAndReadsItsFrontMatter() throws {
    let document = try Fixture.document("notes.md")
    #expect(document.title == "Notes on bees")
    #expect(document.license == "CC0-1.0")
    #expect(document.metadata["declaredLanguage"] == "en")
    #expect(
      document.text == """
        # Keeping bees

        Bees need *flowers*.

        ## Tools

        - smoker
        - hive tool

        ```sh
        # not a heading


        echo "kept"
        ```

        ## Harvest

        | month | honey |
        | --- | --- |
        | July | 12 |
        """)
  }

  @Test func recognisesTheShapeOfPlainText() throws {
    let document = try Fixture.document("manual.txt")
    #expect(document.title == "The Raft Manual")
    #expect(
      document.text == """
        ## The Raft Manual

        # 1. Building

        Take eight logs of the same length and lay them side by side on the beach, so that the tide can lift the \
        finished raft from the sand.

        - bind them with rope, going over and under each log in turn until nothing moves;
        - test every knot.

        ## 1.1. Which wood floats best?

        Balsa floats best, but pine will do:

        length   weight
        2 m      40 kg
        3 m      61 kg

        # Steering

        Use a long oar.
        """)
  }

  @Test func joinsWrappedChineseText() throws {
    let text = """
      出海之前，船长先看潮汐表，再检查帆索与罗盘。水手们把淡水与干
      粮搬上甲板，等候顺风。
      """
    let document = try #require(try DocumentReader.read(Array(text.utf8), name: "a.txt").rows[0].document)
    #expect(document.text == "出海之前，船长先看潮汐表，再检查帆索与罗盘。水手们把淡水与干粮搬上甲板，等候顺风。")
    #expect(document.language == "zh")
  }

  @Test func readsEachRecordOfJSONLines() throws {
    let result = try Fixture.read("records.jsonl")
    #expect(result.rows.count == 5)
    let first = try #require(result.rows[0].document)
    #expect(first.text == "# Tides\n\nThe \"spring\" tide comes with the full moon — 潮汐🌊 and high water.")
    #expect(first.license == "MIT")
    #expect(first.metadata["id"] == "1")
    #expect(result.rows[1].problem?.line == 2)
    #expect(result.rows[2].document?.text == "**user**\n\nWhat is ebb?\n\n**assistant**\n\nThe tide going\nout.")
    #expect(result.rows[3].problem?.line == 5)
    #expect(result.rows[4].document?.text.hasPrefix("Neap tides") == true)
    // The rows' ranges tile the file.
    var end = 0
    for row in result.rows {
      #expect(row.range.lowerBound == end)
      end = row.range.upperBound
    }
    #expect(end == (try Fixture.bytes("records.jsonl").count))
  }

  @Test(arguments: [
    ("The cat sat on the mat and it was not for you", "en"),
    ("Der Hund ist nicht auf dem Tisch und die Katze auch", "de"),
    ("Les chats sont dans une maison avec des chiens", "fr"), ("El perro está en la casa y los gatos son más", "es"),
    ("今天天气很好，我们去爬山。", "zh"), ("今日はとても良い天気ですね", "ja"), ("오늘은 날씨가 좋습니다", "ko"),
    ("Сегодня хорошая погода", "other"), ("qwrt zxcv", "other"),
  ])
  func guessesLanguages(text: String, language: String) {
    #expect(LanguageGuess.language(of: text) == language)
  }
}
