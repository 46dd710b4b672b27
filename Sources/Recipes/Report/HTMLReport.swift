import Foundation
import Terminal

/// One self-contained HTML page about a recipe's results: no script, no external file, light and dark, any width.
public struct HTMLReport {
  let data: ReportData

  public init(_ data: ReportData) { self.data = data }

  public var html: String {
    let body = [header, evaluation, examples, stages, curves, lineage, recipe].joined(separator: "\n")
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(data.recipe.escapedForHTML) – Touchstone report</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      <main>
      \(body)
      </main>
      </body>
      </html>

      """
  }

  private var header: String {
    let finished = data.stages.map(\.finished).max() ?? ""
    let total = data.stages.reduce(0) { $0 + $1.seconds }
    return """
      <h1>\(data.recipe.escapedForHTML)</h1>
      <p class="lead">\(data.stages.count) stages in \(shortDuration(total)); finished \(finished.prefix(16).replacing("T", with: " ")) UTC; \
      seed \(data.seed.escapedForHTML); \(data.program.escapedForHTML).</p>
      """
  }

  private var evaluation: String {
    guard let result = data.evaluation else { return "" }
    let head = (["measured on \(result.prompts) held-out questions"] + result.models.map(\.name))
      .map { "<th>\($0.escapedForHTML)</th>" }.joined()
    let rows = ResultTable.rows(result).map { row in
      "<tr><th>\(row.name.escapedForHTML)</th>"
        + row.cells.map { "<td>\($0.escapedForHTML)</td>" }.joined() + "</tr>"
    }
    let reward =
      result.rewardAccuracy.map {
        "<p>The reward model agrees with \(fixed($0.mean * 100, 1))% (± \(fixed($0.error * 100, 1))) of held-out judgements.</p>"
      } ?? ""
    return """
      <h2>Results</h2>
      <div class="wide"><table><thead><tr>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table></div>
      <p class="note">Win rates count ties as half. KL is that of the model's own answers from the first model. \
      ± is one standard error.</p>
      \(reward)
      """
  }

  private var examples: String {
    guard let result = data.evaluation, !result.examples.isEmpty else { return "" }
    let items = result.examples.map { example in
      let answers = example.answers.map {
        "<dt>\($0.model.escapedForHTML)</dt><dd>\($0.text.isEmpty ? "<i>empty</i>" : $0.text.escapedForHTML)</dd>"
      }
      return "<section class=\"card\"><h3>\(example.prompt.escapedForHTML)</h3><dl>\(answers.joined())</dl></section>"
    }
    return "<h2>Answers before and after</h2>\n" + items.joined(separator: "\n")
  }

  private var stages: String {
    let rows = data.stages.map {
      "<tr><th>\($0.stage.escapedForHTML)</th><td class=\"text\">\($0.summary.escapedForHTML)</td>"
        + "<td>\(shortDuration($0.seconds))</td></tr>"
    }
    return """
      <h2>Stages</h2>
      <div class="wide"><table><tbody>\(rows.joined())</tbody></table></div>
      """
  }

  private var curves: String {
    let sections = data.runs.map { run in
      let charts = run.curves.map { LineChart(title: $0.name, points: $0.points).svg }
      return "<h3>\(run.stage.escapedForHTML)</h3>\n<div class=\"charts\">\(charts.joined(separator: "\n"))</div>"
    }
    return sections.isEmpty ? "" : "<h2>Curves</h2>\n" + sections.joined(separator: "\n")
  }

  private var lineage: String {
    let models = data.modelLines.map { "<li>\($0.escapedForHTML)</li>" }.joined()
    let counts = data.storeCounts.map { "<li>\($0.name.escapedForHTML): \($0.count)</li>" }.joined()
    let prints = data.stages.map {
      "<tr><th>\($0.stage.escapedForHTML)</th><td class=\"text\"><code>\($0.fingerprint.prefix(16))</code></td>"
        + "<td class=\"text\"><code>\(($0.run ?? "").escapedForHTML)</code></td></tr>"
    }
    return """
      <h2>Where it comes from</h2>
      <ul>\(counts)</ul>
      <h3>Models</h3>
      <ul>\(models)</ul>
      <h3>Fingerprints and runs</h3>
      <p class="note">Every step of a run names the rows that it read: <code>prep trace RUN/STEP</code>.</p>
      <div class="wide"><table><tbody>\(prints.joined())</tbody></table></div>
      """
  }

  private var recipe: String {
    data.recipeText.isEmpty
      ? "" : "<h2>Recipe</h2>\n<pre>\(data.recipeText.escapedForHTML)</pre>"
  }

  private static let style = """
    :root{color-scheme:light dark;--ink:#1c2024;--soft:#5d666f;--paper:#fbfaf8;--card:#fff;--line:#dedbd5;--mark:#0b6bcb}
    @media (prefers-color-scheme:dark){:root{--ink:#e8e6e1;--soft:#9aa3ab;--paper:#15181b;--card:#1d2125;--line:#343a40;--mark:#6cb4ff}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
    main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 4rem}
    h1{font-size:1.9rem;margin:0}h2{font-size:1.25rem;margin:2.5rem 0 .6rem}h3{font-size:1rem;margin:1.4rem 0 .4rem}
    .lead,.note,figcaption{color:var(--soft)}.note{font-size:.85rem}
    .wide{overflow-x:auto}
    table{border-collapse:collapse;min-width:100%;font-size:.93rem}
    th,td{padding:.4rem .8rem .4rem 0;border-bottom:1px solid var(--line);text-align:right;font-variant-numeric:tabular-nums;vertical-align:top}
    th:first-child,td.text{text-align:left}th{font-weight:600}tbody th{font-weight:500}
    .card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.8rem 1rem;margin:.7rem 0}
    .card h3{margin:0 0 .5rem}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1rem;margin:0}
    dt{color:var(--soft)}dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
    @media (max-width:32rem){dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}
    .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:1rem}
    figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.5rem .6rem}
    figcaption{font-size:.85rem}figcaption b{color:var(--ink);float:right}
    svg{display:block;width:100%;height:auto}
    svg text{font-size:10px;fill:var(--soft)}svg .grid{stroke:var(--line);stroke-width:1}
    svg polyline{fill:none;stroke:var(--mark);stroke-width:1.8;stroke-linejoin:round}svg .dot{fill:var(--mark)}
    pre{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem;overflow-x:auto;font-size:.82rem;line-height:1.45}
    code{font-size:.85em}
    """
}
