import Ingest
import Testing

@Suite struct HTMLExtractionTests {
  @Test func readsAWholeManualPage() throws {
    let document = try Fixture.document("faq.html")
    #expect(document.title == "Chapter 2. Kiln care")
    #expect(document.language == "en")
    #expect(document.license == "https://creativecommons.org/licenses/by/4.0/")
    #expect(
      document.text == """
        # Chapter 2. Kiln care

        ## 2.1. Why does my kiln smoke?

        The *flue* is probably blocked; see Section 2.2, “Which cones are there?” & clean it with `brush --long`.

        - **soot**: wipe it off.

          Then wait.
        - ash
          3. sweep
          4. carry away

        ```
        # kiln --status
          temperature:\t20 °C < 30 °C

        done
        ```

        **Note**

        Never fire a wet pot.

        ## 2.2. Which cones are there?

        cone 06
        : Low fire.

          For earthenware.

        cone 6
        cone 7
        : Mid range.

        **Table 2.1. Temperatures**

        | Cone | Degrees |
        | --- | --- |
        | 06 | 999 \\| about |
        | `6` | 1222 |
        """)
  }

  @Test func joinsChineseLinesWithoutSpaces() throws {
    let document = try Fixture.document("chinese.html")
    #expect(document.language == "zh")
    #expect(
      document.text == """
        # 第 3 章 制茶

        ## 3.1. 什么是绿茶？

        绿茶是不发酵的茶，以**龙井**最为有名。它用 Camellia sinensis 的嫩叶制成，“杀青”之后保持绿色。

        ## 3.2. 怎样保存茶叶？

        1. 密封；
        2. 避光，温度在 5 °C 以下。
        """)
  }

  @Test func keepsTheArticleAndDropsWhatSurroundsIt() throws {
    let document = try Fixture.document("article.html")
    #expect(document.title == "How bread rises")
    #expect(
      document.text == """
        # How bread rises

        Yeast eats sugar and breathes out carbon dioxide, which the gluten of the dough holds like a thousand small \
        balloons.

        An unclosed paragraph with **bold nested text** and a stray end tag.

        > Bread is patience.
        >
        > And heat.

        Left column of a layout.

        Right column of it.

        Sources we used:

        - Flour and water
        - The oven book
        - Crumb

        ```python
        print("hi")
        ```
        """)
  }

  @Test(arguments: [
    ("<p>a<br>b</p>", "a\nb"),
    ("<p>x <code>a `b` c</code></p>", "x ``a `b` c``"),
    ("<p># not a heading</p>", "\\# not a heading"),
    ("<p>snow&shy;flake&nbsp;&amp;&#8203; ice&hellip;</p>", "snowflake & ice…"),
    ("<h2><a href='#x'>Deep <em>sea</em></a> <a class='headerlink' href='#x'>¶</a></h2><p>t</p>", "## Deep sea\n\nt"),
    ("<p>see <b> </b><i></i>end</p><h3> </h3>", "see end"),
    ("<pre>\n```\nfence\n```\n</pre>", "````\n```\nfence\n```\n````"),
    ("<ul><li><p></p></li><li>one<ul><li>two</li></ul></li></ul><p>after</p>", "- one\n  - two\n\nafter"),
    ("<ul><li>a<pre>x\n\ny</pre></li></ul>", "- a\n\n  ```\n  x\n\n  y\n  ```"),
    ("<p>Seoul 한국어\n문장</p>", "Seoul 한국어 문장"),
    (
      "<p>Sid<sup class='footnote'>[2]</sup> breaks toys.</p><div class='footnotes'><p>[2] A boy.</p></div>",
      "Sid breaks toys."
    ),
    ("<dl><div><dt>T</dt><dd>D</dd></div></dl>", "T\n: D"),
  ])
  func writesLightMarkdown(html: String, expected: String) throws {
    #expect(try Fixture.html(html) == expected)
  }

  @Test func keepsCodeByteForByte() throws {
    let code = "if a < b {\n\treturn  \"é 中\"\r\n}  // end"
    let escaped = code.replacing("<", with: "&lt;")
    #expect(try Fixture.html("<pre>\(escaped)</pre>") == "```\n\(code.replacing("\r\n", with: "\n"))\n```")
  }

  @Test func survivesNestingAndRubbish() throws {
    let deep = String(repeating: "<div>", count: 20_000) + "core" + String(repeating: "</div>", count: 20_000)
    #expect(try Fixture.html(deep) == "core")
    #expect(try HTMLExtractor.extract([]).text == "")
    let broken = "<table><tr><td>a<table><p>b</td></tr><ul><li>c</ol><!-- <p>d</p> --><a href=\"x>e</a>"
    #expect(try Fixture.html(broken).contains("a"))
    #expect(try Fixture.html(String(repeating: "word ", count: 5000)).utf8.count == 24_999)
  }
}
