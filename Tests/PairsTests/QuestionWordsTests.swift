import Pairs
import Testing

@Suite struct QuestionWordsTests {
  @Test(arguments: [
    "What is Debian?", "OK, now I know what Debian is... what is Linux?!", "How to install a package",
    "Why does the CD contain links? I thought it holds `stable'!", "Can I sell it", "Is there a quick way",
    "Where is VoIP software?", "What’s new", "Debian 只做 GNU/Linux 吗？", "如何报告缺陷", "什么是软件包", "为什么会这样",
    "那“sid”呢", "软件包的格式是什么", "是否支持 Java", "能否升级", "我该怎么办", "有哪些？我以为只有一个！",
  ])
  func asking(title: String) { #expect(QuestionWords.asks(title)) }

  @Test(arguments: [
    "Installing Debian", "Do not use this", "When installing, read this first", "Can opener", "URL: x.org/?a=b",
    "Is", "Mailing lists", "安装 Debian", "邮件列表", "概述", "dpkg", "Will there be more",
  ])
  func stating(title: String) { #expect(!QuestionWords.asks(title)) }

  @Test func weakerSignsCountInAFAQ() {
    #expect(QuestionWords.asks("And how about System V init", inFAQ: true))
    #expect(!QuestionWords.asks("And how about System V init"))
    #expect(QuestionWords.asks("软件包系统如何处理配置文件", inFAQ: true))
  }

  @Test func faqTitles() {
    #expect(QuestionWords.announcesFAQ("The Debian GNU/Linux FAQ"))
    #expect(QuestionWords.announcesFAQ("Frequently Asked Questions"))
    #expect(QuestionWords.announcesFAQ("Debian 常见问题"))
    #expect(!QuestionWords.announcesFAQ("Installing packages"))
  }
}
