// SPDX-License-Identifier: Apache-2.0

/// A page read tag by tag: whether it is well formed, and what is counted in it.
struct Markup {
  /// What a section of a question holds.
  struct Section {
    var rows = 0
    var items = 0
  }

  private(set) var fault: String?
  private(set) var headings: [Int] = []
  private(set) var sections: [Section] = []
  private(set) var tablesWithoutHeadings = 0
  private(set) var drawingsWithoutTitle = 0
  private var open: [Substring] = []
  private var hasTitle = false
  private var hasHeading = false

  init(_ page: String) {
    var rest = page[...]
    while let start = rest.firstIndex(of: "<") {
      rest = rest[rest.index(after: start)...]
      guard let end = rest.firstIndex(of: ">") else {
        fault = "a tag has no end"
        return
      }
      take(rest[..<end])
      rest = rest[rest.index(after: end)...]
      // A style sheet is no markup.
      if open.last == "style", let end = rest.firstRange(of: "</style>") {
        rest = rest[end.lowerBound...]
      }
    }
    if let last = open.last { fault = fault ?? "<\(last)> is not closed" }
  }

  private mutating func take(_ tag: Substring) {
    if tag.hasPrefix("!") { return }
    if tag.hasPrefix("/") { return close(tag.dropFirst()) }
    let name = tag.prefix { $0 != " " && $0 != "/" }
    if name.hasPrefix("h"), let level = Int(name.dropFirst()) { headings.append(level) }
    switch name {
    case "section": sections.append(Section())
    case "tr" where open.contains("section") && open.contains("tbody"):
      sections[sections.count - 1].rows += 1
    case "li" where open.contains("section"): sections[sections.count - 1].items += 1
    case "svg": hasTitle = false
    case "title": hasTitle = true
    case "table": hasHeading = false
    case "th": hasHeading = hasHeading || tag.contains(" scope=")
    default: break
    }
    if tag.hasSuffix("/") || ["meta", "br"].contains(name) { return }
    open.append(name)
  }

  private mutating func close(_ name: Substring) {
    guard open.last == name else {
      fault = fault ?? "</\(name)> closes <\(open.last ?? "nothing")>"
      return
    }
    open.removeLast()
    if name == "svg", !hasTitle { drawingsWithoutTitle += 1 }
    if name == "table", !hasHeading { tablesWithoutHeadings += 1 }
  }
}
