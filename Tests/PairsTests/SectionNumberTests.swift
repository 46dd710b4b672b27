import Pairs
import Testing

@Suite struct SectionNumberTests {
  @Test(arguments: [
    ("1.1. What is Debian?", "What is Debian?"), ("3.2.1 How do I migrate?", "How do I migrate?"),
    ("Chapter 3. Choosing", "Choosing"), ("Section 2.1: Names", "Names"), ("Appendix A. Tools", "Tools"),
    ("Part II. Basics", "Basics"), ("4) Does it run?", "Does it run?"), ("(2) Names", "Names"),
    ("Q12. Is it free?", "Is it free?"), ("Q: Is it free?", "Is it free?"), ("Question 3: Why?", "Why?"),
    ("A.1. Tools", "Tools"), ("第 3 章 选择发布版本", "选择发布版本"), ("第三节 内核", "内核"), ("第一章绪论", "绪论"), ("第 2 部分：安装", "安装"),
    ("附录 A 工具", "工具"), ("1.2. 什么是 Debian？", "什么是 Debian？"), ("1.2.什么是 Debian？", "什么是 Debian？"),
    ("一、简介", "简介"), ("（三）安装", "安装"), ("3、安装", "安装"), ("问题 4：如何安装？", "如何安装？"), ("问：如何安装？", "如何安装？"),
    ("1.3.\u{A0}Names", "Names"),
  ])
  func numbersAreRemoved(title: String, expected: String) {
    #expect(SectionNumber.stripped(title) == expected)
  }

  @Test(arguments: [
    "3 ways to install", "2.0", "Part of the system", "Chapter and verse", "第一次安装", "Q is a letter", "问题很多",
    "附录说明", "第 1 部分是什么？", "第一章的内容", "2038 and beyond", "APT", "Section headings",
  ])
  func wordsStay(title: String) {
    #expect(SectionNumber.stripped(title) == title)
  }
}
