import Datasets
import Store
import Testing

@Suite struct RecordShapeTests {
  private func record(_ json: String) throws -> DatasetRecord { try DatasetRecord(row: JSONValue(parsing: json)) }

  private let user = Message(role: .user, content: "问")
  private let answer = Message(role: .assistant, content: "答")

  @Test(arguments: [
    #"{"prompt": "问", "completion": "答"}"#,
    #"{"prompt": [{"role": "user", "content": "问"}], "completion": [{"role": "assistant", "content": "答"}]}"#,
    #"{"messages": [{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}], "id": 7}"#,
    #"{"messages": [{"role":"user","content":[{"type":"text","text":"问"}]},{"role":"assistant","content":"答"}]}"#,
  ])
  func conversations(json: String) throws {
    #expect(try record(json) == .conversation([user, answer]))
  }

  @Test(arguments: [
    #"{"prompt": "问", "chosen": "答", "rejected": "不"}"#,
    #"{"prompt": [{"role":"user","content":"问"}], "chosen": [{"role":"assistant","content":"答"}], "rejected": "不"}"#,
    #"""
    {"chosen": [{"role":"user","content":"问"},{"role":"assistant","content":"答"}],
     "rejected": [{"role":"user","content":"问"},{"role":"assistant","content":"不"}]}
    """#,
  ])
  func preferences(json: String) throws {
    #expect(try record(json) == .preference(prompt: [user], chosen: "答", rejected: "不"))
  }

  @Test func prompts() throws {
    #expect(try record(#"{"prompt": "问", "completion": null}"#) == .prompt([user]))
  }

  @Test(arguments: [
    ("[]", "not an object"), (#"{"text": "x"}"#, "found: text"), (#"{"prompt": ""}"#, "empty"),
    (#"{"prompt": "a", "completion": " \n"}"#, "empty"), (#"{"prompt": 3}"#, "a text or a list"),
    (#"{"messages": [{"role": "user", "content": "a"}]}"#, "end with the assistant"),
    (#"{"messages": [{"role": "bot", "content": "a"}]}"#, "unknown role"),
    (#"{"messages": [{"content": "a"}]}"#, "no role"), (#"{"messages": "a"}"#, "list of messages"),
    (#"{"messages": [{"role": "assistant", "content": "a"}]}"#, "no words of the user"),
    (#"{"prompt": "a", "chosen": "b"}"#, "rejected is missing"),
    (#"{"prompt": "a", "chosen": "b", "rejected": "b"}"#, "the same"),
    (#"{"chosen": "b", "rejected": "c"}"#, "no prompt"),
    (#"{"prompt": [{"role": "assistant", "content": "a"}]}"#, "end with the user"),
  ])
  func problemsAreNamed(json: String, reason: String) {
    #expect { try record(json) } throws: { "\($0)".contains(reason) }
  }
}
