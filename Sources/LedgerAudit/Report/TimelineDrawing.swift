// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// A timeline as SVG: lanes with stretches, triangles where something was decided. Colours are the
/// page's; every stretch has its words as well, so that none is told by colour alone.
struct TimelineDrawing {
  private static let labels = 190.0
  private static let width = 960.0
  private static let lane = 24.0
  private static let top = 28.0

  let timeline: Timeline
  let words: ReportWords

  func write(to page: inout HTMLText) {
    let height = TimelineDrawing.top + Double(timeline.lanes.count) * TimelineDrawing.lane + 8
    let axis = TimeAxis(
      timeline.span, width: TimelineDrawing.width - TimelineDrawing.labels - 10)
    page.element(
      "svg",
      [
        ("viewBox", "0 0 960 \(number(height))"), ("role", "img"), ("class", "timeline"),
        ("aria-labelledby", "timeline-title"), ("xmlns", "http://www.w3.org/2000/svg"),
      ]
    ) { page in
      page.element("title", [("id", "timeline-title")], words.timeline)
      for mark in axis.marks {
        let x = TimelineDrawing.labels + axis.place(of: mark.time)
        page.element(
          empty: "line",
          [
            ("class", "grid"), ("x1", number(x)), ("x2", number(x)), ("y1", "20"),
            ("y2", number(height - 4)),
          ])
        page.element(
          "text",
          [
            ("class", "tick"), ("x", number(x)), ("y", "14"),
            ("text-anchor", x > TimelineDrawing.width - 60 ? "end" : "middle"),
          ], mark.label)
      }
      for (index, lane) in timeline.lanes.enumerated() {
        let y = TimelineDrawing.top + Double(index) * TimelineDrawing.lane
        write(lane, at: y, axis, to: &page)
      }
    }
    page.newline()
  }

  private func write(
    _ lane: Timeline.Lane, at y: Double, _ axis: TimeAxis, to page: inout HTMLText
  ) {
    page.element(
      "text", [("class", "lane"), ("x", "0"), ("y", number(y + 15))], shortened(lane.label, to: 28))
    for span in lane.spans {
      let end = span.until ?? timeline.span.upperBound
      guard end >= timeline.span.lowerBound, span.from <= timeline.span.upperBound else {
        continue
      }
      let from = axis.place(of: span.from)
      let length = max(axis.place(of: end) - from, 1.5)
      let said = span.label ?? span.status.words(words.language)
      let told =
        "\(lane.label) \(said): \(span.from) – \(span.until.map { "\($0)" } ?? "…") "
        + "(#\(span.position.value))"
      page.element("g", [("class", "span \(span.status.rawValue)")]) { page in
        page.element("title", told)
        page.element(
          empty: "rect",
          [
            ("x", number(TimelineDrawing.labels + from)), ("y", number(y + 3)),
            ("width", number(length)), ("height", number(TimelineDrawing.lane - 6)), ("rx", "2"),
          ])
        if length > Double(said.unicodeScalars.count) * 6.6 + 6 {
          page.element(
            "text",
            [("x", number(TimelineDrawing.labels + from + 4)), ("y", number(y + 16))], said)
        }
      }
    }
    for point in lane.points where timeline.span.contains(point.time) {
      let x = TimelineDrawing.labels + axis.place(of: point.time)
      let (base, tip) = point.verdict == .approved ? (y + 9, y) : (y, y + 9)
      page.element("g", [("class", "point \(point.verdict.rawValue)")]) { page in
        page.element(
          "title",
          "\(lane.label) \(point.verdict.rawValue): \(point.time) (#\(point.position.value))")
        page.element(
          empty: "path",
          [("d", "M\(number(x - 5)) \(number(base))H\(number(x + 5))L\(number(x)) \(number(tip))Z")]
        )
      }
    }
  }

  private func shortened(_ label: String, to count: Int) -> String {
    let scalars = label.unicodeScalars
    guard scalars.count > count else { return label }
    return String(String.UnicodeScalarView(scalars.prefix(count - 1))) + "…"
  }
}

/// A coordinate: a tenth of a unit is enough.
func number(_ value: Double) -> String {
  let tenths = Int((value * 10).rounded())
  return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
}
