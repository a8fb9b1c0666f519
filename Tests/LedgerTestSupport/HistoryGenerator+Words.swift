// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

extension HistoryGenerator {
  /// Anyone who takes part.
  mutating func anyone() -> Actor { people[random.below(people.count)].actor }

  /// Mostly somebody with the role, sometimes anyone.
  mutating func somebody(_ role: Role) -> Actor {
    if random.oneIn(12) { return anyone() }
    var fitting = people.filter { $0.roles.contains(role) }.map(\.actor)
    if role == .operator { fitting += [.alice, .olga, .olga, .system(for: .olga)] }
    if role == .approver { fitting += [.bob, .bob] }
    return random.pick(fitting)
  }

  /// One of the elements; nil when there are none.
  mutating func any<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : random.pick(elements)
  }

  /// One of these names.
  mutating func name(_ strings: String...) -> Name { Name(unchecked: random.pick(strings)) }

  /// Mostly one of the latest elements.
  mutating func recent<Element>(_ elements: [Element]) -> Element? {
    any(random.oneIn(4) ? elements : elements.suffix(3))
  }

  /// A digest that no other has.
  mutating func digest() -> Digest {
    digests += 1
    return .test(digests)
  }

  /// Files that no other version has.
  mutating func files() -> FilesDigest {
    FilesDigest(
      count: UInt64(1 + random.below(9)), bytes: UInt64(random.below(1 << 40)), digest: digest())
  }

  /// A reason, seldom a blank one.
  mutating func reason() -> Text {
    random.pick([
      "metrics hold", "zu langsam für die Nacht", "caf\u{e9}", "cafe\u{301}", "🙂 ship it",
      "line\nbreak \"quoted\" \\", "looks fine", "drift since May", "asked by risk",
      random.oneIn(8) ? " \u{200b}\t" : "second look",
    ])
  }

  /// Some of these members with words in them.
  mutating func words(_ members: TextMember...) -> EventText {
    var text = EventText()
    for member in members where random.oneIn(2) { text[member] = .string(reason()) }
    return text
  }

  /// An argument vector and what belongs to a job.
  mutating func jobText() -> EventText {
    var text = EventText()
    text[.command] = .array([.string("python3"), .string("train.py"), .string(reason())])
    if random.oneIn(2) {
      var parameters = JSONObject()
      parameters["epochs"] = .number(Double(random.below(100)))
      parameters["rate"] = .number(Double(random.below(1000)) / 1000)
      text[.parameters] = .object(parameters)
    }
    if random.oneIn(5) { text[.purpose] = .string(reason()) }
    return text
  }

  /// A few metrics, sorted, seldom without a value.
  mutating func metrics() -> [Metric] {
    var metrics: [Metric] = []
    for name in ["accuracy", "auc", "rows", "\u{e9}tat"] where !random.oneIn(4) {
      let value =
        random.oneIn(12) ? random.pick([Double.nan, .infinity, -.infinity]) : 0.5 + unit() / 2
      metrics.append(Metric(name: Text(name), value: value))
    }
    return metrics
  }

  /// A number from 0 to 1 in thousandths.
  mutating func unit() -> Double { Double(random.below(1001)) / 1000 }

  /// When it happened, where that was earlier.
  mutating func occurred() -> Timestamp? {
    guard random.oneIn(6) else { return nil }
    return Timestamp(
      microseconds: recorder.clock.now.microseconds - 2_000_000 - Int64(random.below(9_000_000)))
  }

  /// One of three runners.
  mutating func runner() -> RunnerIdentity { .test(pid: UInt32(4000 + random.below(3))) }

  /// A day near now, sometimes past.
  mutating func day() -> CalendarDate {
    CalendarDate(
      daysSinceEpoch: Int(recorder.clock.now.microseconds / 86_400_000_000)
        + random.below(60) - 5)
  }
}
