import Foundation
import Ingest
import Pairs
import Testing

/// From pages as DocBook writes them, through Ingest, to pairs.
@Suite struct WebPageTests {
  private func mining(_ name: String) throws -> Mining {
    let url = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/\(name)")
    let page = try HTMLExtractor.extract([UInt8](Data(contentsOf: url)))
    return Mining(page.text, title: page.title, language: page.language)
  }

  @Test func english() throws {
    let mining = try mining("faq.en.html")
    #expect(
      mining.kept(.questionHeading).map(\.prompt) == [
        "What is fine-tuning?", "How long does it take? I have only one machine!", "Why should I use lora?",
      ])
    let answer = try #require(mining.answer("What is fine-tuning?"))
    #expect(answer.hasPrefix("To go on training a model with examples of the task at hand."))
    #expect(answer.contains("- It needs *little* data."))
    #expect(answer.contains("rlhf train recipe.yaml\n# a comment, not a heading"))
    #expect(answer.hasSuffix("First supervised, then with preferences."))
    #expect(mining.answer("What is token?") == "A piece of text.")
    #expect(mining.kept(.section).count == 1)
  }

  @Test func chinese() throws {
    let mining = try mining("faq.zh.html")
    #expect(
      mining.kept(.questionHeading).map(\.prompt) == ["什么是微调？", "需要多长时间？我只有一台机器！", "为什么应该用 lora"])
    let answer = try #require(mining.answer("什么是微调？"))
    #expect(answer.hasPrefix("用手头任务的例子继续训练一个模型。"))
    #expect(answer.hasSuffix("先做监督训练，再用偏好训练。"))
    #expect(mining.answer("什么是词元？") == "文本的一小段。")
    #expect(mining.kept(.section).allSatisfy { $0.language == .chinese })
    #expect(mining.kept(.section).count == 1)
  }
}
