// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// What decisions are counted by.
public enum DecisionGrouping: String, CaseIterable, Sendable {
  /// The month, such as `2026-06`, in a time zone.
  case month = "month"
  /// The year.
  case year = "year"
  /// Who decided.
  case actor = "actor"
  /// What.
  case verdict = "verdict"
  /// The model or feature task.
  case subject = "subject"
  /// The project.
  case project = "project"
  /// How it was established who decided.
  case auth = "auth"
  /// Each thing that was unusual; a decision with two counts under both, one without under `none`.
  case exception = "exception"
}

/// Numbers of decisions, by one thing or several.
public struct DecisionCounts: Equatable, Sendable {
  /// What they are counted by, in order.
  public var groupings: [DecisionGrouping]
  /// The zone of months and years.
  public var zone: TimeZoneRules
  private var counts: [[Text]: UInt64] = [:]

  /// Begins with none.
  public init(by groupings: [DecisionGrouping], zone: TimeZoneRules = .utc) {
    self.groupings = groupings
    self.zone = zone
  }

  /// Counts a decision, by the time that it was recorded or occurred.
  public mutating func add(
    _ decision: DecisionDocument, byOccurrence: Bool = false,
    label: (SubjectID) throws(ReadingError) -> String
  ) throws(ReadingError) {
    let event = decision.event
    let time = byOccurrence ? event.happened : event.time
    var keys: [[Text]] = [[]]
    for grouping in groupings {
      let values: [String]
      switch grouping {
      case .month: values = [month(of: time)]
      case .year: values = [String(month(of: time).dropLast(3))]
      case .actor: values = [event.actor.id.string]
      case .verdict: values = [decision.verdict.rawValue]
      case .subject: values = [try event.subjectID.map(label) ?? "none"]
      case .project: values = [event.project?.string ?? "none"]
      case .auth: values = [event.actor.authentication.rawValue]
      case .exception:
        let names = decision.fact.exceptions.map(\.rawValue)
        values = names.isEmpty ? ["none"] : names
      }
      keys = keys.flatMap { key in values.map { key + [Text($0)] } }
    }
    for key in keys { counts[key, default: 0] += 1 }
  }

  /// The values and how many decisions have them, in the order of the values.
  public var rows: [(values: [Text], count: UInt64)] {
    counts.map { ($0.key, $0.value) }.sorted { left, right in
      left.values.lexicographicallyPrecedes(right.values) { $0.precedes($1) }
    }
  }

  /// A row as an object: `{"month":"2026-06","verdict":"rejected","count":3}`.
  public func json(_ row: (values: [Text], count: UInt64)) -> JSONValue {
    var object = DocumentObject()
    for (grouping, value) in zip(groupings, row.values) {
      object.put(Text(grouping.rawValue), value)
    }
    object.put(number: "count", row.count)
    return object.json
  }

  private func month(of time: Timestamp) -> String {
    let second = time.microseconds.flooredDivision(by: 1_000_000)
    let local = Timestamp(microseconds: (second + Int64(zone.offset(at: second))) * 1_000_000)
    return String(local.description.prefix(7))
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
