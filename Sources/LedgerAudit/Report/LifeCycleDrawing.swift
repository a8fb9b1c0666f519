// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// The life cycle of versions as SVG: a box for each status, an arrow for each step.
struct LifeCycleDrawing {
  private struct Box {
    var status: VersionStatus
    var x: Double
    var y: Double
  }

  private struct Arrow {
    var step: LifeCycle.Step
    var path: String
    var x: Double
    var y: Double
  }

  private static let boxes = [
    Box(status: .building, x: 10, y: 70), Box(status: .built, x: 190, y: 70),
    Box(status: .evaluated, x: 370, y: 70), Box(status: .approved, x: 550, y: 20),
    Box(status: .rejected, x: 550, y: 120), Box(status: .deployed, x: 730, y: 20),
    Box(status: .retired, x: 730, y: 120), Box(status: .failed, x: 10, y: 160),
  ]

  private static let arrows = [
    Arrow(step: .made, path: "M120 92H184", x: 152, y: 84),
    Arrow(step: .evaluated, path: "M300 92H364", x: 332, y: 84),
    Arrow(step: .approved, path: "M480 84L546 50", x: 505, y: 58),
    Arrow(step: .rejected, path: "M480 100L546 134", x: 505, y: 136),
    Arrow(step: .deployed, path: "M660 42H724", x: 692, y: 34),
    Arrow(step: .retired, path: "M785 66V114", x: 797, y: 94),
    Arrow(step: .failed, path: "M65 114V154", x: 77, y: 138),
  ]

  let lifeCycle: LifeCycle
  let words: ReportWords

  func write(to page: inout HTMLText) {
    page.element(
      "svg",
      [
        ("viewBox", "0 0 860 214"), ("role", "img"), ("class", "lifecycle"),
        ("aria-labelledby", "lifecycle-title"), ("xmlns", "http://www.w3.org/2000/svg"),
      ]
    ) { page in
      page.element("title", [("id", "lifecycle-title")], told)
      page.markup(
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path class=\"tip\" d=\"M0 0L8 4L0 8Z\"/></marker></defs>"
      )
      for arrow in LifeCycleDrawing.arrows {
        page.element(
          empty: "path",
          [("class", "arrow"), ("d", arrow.path), ("marker-end", "url(#tip)")])
        page.element(
          "text",
          [("class", "count"), ("x", number(arrow.x)), ("y", number(arrow.y))],
          "\(lifeCycle.steps[arrow.step] ?? 0)")
      }
      for box in LifeCycleDrawing.boxes { write(box, to: &page) }
    }
    page.newline()
  }

  private func write(_ box: Box, to page: inout HTMLText) {
    page.element("g", [("class", "box \(box.status.rawValue)")]) { page in
      page.element(
        empty: "rect",
        [
          ("x", number(box.x)), ("y", number(box.y)), ("width", "110"), ("height", "44"),
          ("rx", "4"),
        ])
      page.element(
        "text", [("x", number(box.x + 55)), ("y", number(box.y + 18))],
        box.status.words(words.language))
      page.element(
        "text", [("class", "now"), ("x", number(box.x + 55)), ("y", number(box.y + 36))],
        "\(lifeCycle.versions[box.status] ?? 0)")
    }
  }

  /// The drawing in words: for who cannot see it.
  private var told: String {
    let statuses = VersionStatus.allCases.map {
      "\($0.words(words.language)) \(lifeCycle.versions[$0] ?? 0)"
    }
    return words.lifeCycle + ": " + statuses.joined(separator: ", ")
  }
}
