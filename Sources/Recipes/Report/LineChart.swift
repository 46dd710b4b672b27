import Terminal

/// A curve as inline SVG: no script, no fonts, colours from the page.
package struct LineChart {
  package var title: String
  package var points: [(step: Int, value: Double)]
  private let width = 320.0
  private let height = 150.0
  private let margin = (left: 46.0, right: 10.0, top: 10.0, bottom: 22.0)

  package init(title: String, points: [(step: Int, value: Double)]) {
    self.title = title
    self.points = points.filter(\.value.isFinite)
  }

  package var svg: String {
    guard let first = points.first, let last = points.last else { return "" }
    let ticks = Self.ticks(points.map(\.value).min()!, points.map(\.value).max()!)
    let (low, high) = (ticks.first!, ticks.last!)
    let steps = Double(max(1, last.step - first.step))
    func x(_ step: Int) -> Double {
      margin.left + Double(step - first.step) / steps * (width - margin.left - margin.right)
    }
    func y(_ value: Double) -> Double {
      height - margin.bottom - (value - low) / (high - low) * (height - margin.top - margin.bottom)
    }
    var parts: [String] = []
    for tick in ticks {
      let place = fixed(y(tick), 1)
      parts.append(
        "<line class=\"grid\" x1=\"\(fixed(margin.left, 0))\" x2=\"\(fixed(width - margin.right, 0))\" y1=\"\(place)\" y2=\"\(place)\"/>"
      )
      parts.append(
        "<text x=\"\(fixed(margin.left - 5, 0))\" y=\"\(fixed(y(tick) + 3.5, 1))\" text-anchor=\"end\">\(shortNumber(tick))</text>"
      )
    }
    let bottom = fixed(height - 6, 0)
    parts.append("<text x=\"\(fixed(margin.left, 0))\" y=\"\(bottom)\">\(first.step)</text>")
    parts.append(
      "<text x=\"\(fixed(width - margin.right, 0))\" y=\"\(bottom)\" text-anchor=\"end\">step \(last.step)</text>")
    let path = thinned.map { "\(fixed(x($0.step), 1)),\(fixed(y($0.value), 1))" }.joined(separator: " ")
    if points.count == 1 {
      parts.append(
        "<circle class=\"dot\" cx=\"\(fixed(x(first.step), 1))\" cy=\"\(fixed(y(first.value), 1))\" r=\"3\"/>")
    } else {
      parts.append("<polyline points=\"\(path)\"/>")
    }
    let name = title.escapedForHTML
    let label =
      "\(name): \(shortNumber(first.value)) at step \(first.step), \(shortNumber(last.value)) at step \(last.step)"
    return """
      <figure><figcaption>\(name) <b>\(shortNumber(last.value))</b></figcaption>\
      <svg viewBox="0 0 \(fixed(width, 0)) \(fixed(height, 0))" role="img" aria-label="\(label)">\(parts.joined())</svg></figure>
      """
  }

  /// At most 400 points: means of equal stretches, so that long runs stay small.
  private var thinned: [(step: Int, value: Double)] {
    let stretch = (points.count + 399) / 400
    guard stretch > 1 else { return points }
    return stride(from: 0, to: points.count, by: stretch).map { start in
      let part = points[start..<min(points.count, start + stretch)]
      return (part.last!.step, part.reduce(0) { $0 + $1.value } / Double(part.count))
    }
  }

  /// Three to six round values that enclose the range.
  package static func ticks(_ low: Double, _ high: Double) -> [Double] {
    let span = high - low > 1e-12 * max(1, abs(high)) ? high - low : max(abs(high), 1) * 0.1
    var unit = 1.0
    while unit > span / 4 { unit /= 10 }
    while unit * 10 <= span / 4 { unit *= 10 }
    let step = [1.0, 2, 2.5, 5, 10].map { $0 * unit }.first { span / $0 <= 4 } ?? unit * 10
    let start = (low / step).rounded(.down)
    let end = max(start + 1, (high / step).rounded(.up))
    return stride(from: start, through: end, by: 1).map { $0 * step }
  }
}
