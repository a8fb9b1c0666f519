// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
import LedgerReading

/// What the events answer to a question: a table, the exceptions in it, and where each stands.
///
/// Every form in which it is shown (table, CSV, JSON, report) is made from this one value, so that
/// all of them have the same numbers.
public struct Answer: Document {
  /// A row: a value for each column, and the events that it rests on.
  public struct Row: Equatable, Sendable {
    /// One for each column; nil where there is none.
    public var values: [AnswerValue?]
    /// The events, in order.
    public var positions: [Position]
  }

  /// What the question is there to bring to light.
  public struct Exception: Equatable, Sendable {
    /// Which rule was not kept, or waived.
    public var rule: ExceptionRule
    /// What it is about: a version, deployment, job, member.
    public var about: String?
    /// The events that show it, in order.
    public var positions: [Position]
  }

  /// What was asked.
  public var question: Question
  /// What it was asked about.
  public var scope: TrailScope
  /// Events before this size were left out, where the answer is a list of events.
  public var since: LedgerSize
  /// As of when.
  public var asOf: ResolvedSize
  /// When it is asked about: deadlines before it have passed.
  public var moment: Timestamp
  /// Whether the events that it was made from were hashed and held against the tree.
  public var isHashed: Bool
  /// The columns of the rows.
  public var columns: [AnswerColumn]
  /// The rows, in an order that the events give.
  public var rows: [Row] = []
  /// The exceptions, in the order of their first event.
  public var exceptions: [Exception] = []
  /// Why no event feeds the question; nil where events do.
  public var notAnswerable: String?

  /// Adds a row; one value for each column. Words that are gone without an erasure are excepted.
  mutating func add(_ values: [AnswerValue?], restingOn positions: [Position]) {
    precondition(values.count == columns.count, "a row has a value for each column")
    rows.append(Row(values: values, positions: Answer.ordered(positions)))
    if values.contains(.erased(nil)) {
      except(.wordsMissing, about: nil, restingOn: positions)
    }
  }

  /// Says that no event of these types is in scope, where none made a row: never an empty answer.
  mutating func explainIfEmpty(_ types: [FactCode], _ meaning: String) {
    guard rows.isEmpty, exceptions.isEmpty else { return }
    let beginning = since.value == 0 ? "" : " from #\(since.value) on"
    let kinds =
      types == Inquiry.allTypes
      ? "is there" : "is one of those that answer it (\(types.listed("or")))"
    notAnswerable = "no event in scope\(beginning) \(kinds): \(meaning)"
  }

  /// Adds an exception.
  mutating func except(
    _ rule: ExceptionRule, about: String?, restingOn positions: [Position]
  ) {
    exceptions.append(Exception(rule: rule, about: about, positions: Answer.ordered(positions)))
  }

  mutating func sortExceptions() {
    exceptions.sort { first, second in
      (first.positions.first?.value ?? .max, first.rule.rawValue)
        < (second.positions.first?.value ?? .max, second.rule.rawValue)
    }
  }

  /// The events that rows and exceptions rest on, each once, in order.
  public var positions: [Position] {
    Answer.ordered(rows.flatMap(\.positions) + exceptions.flatMap(\.positions))
  }

  /// The shape of an answer (DESIGN §7), with more members behind it.
  public var json: JSONValue {
    var object = ObjectValue()
    write(to: &object)
    return object.json
  }

  /// The same, row by row.
  public func write<Sink: ObjectSink>(to sink: inout Sink) throws(Sink.Failure) {
    try sink.put("asOf", asOf.json)
    try sink.put("exceptions", each: exceptions.lazy.map(\.json))
    try sink.put("hashed", .bool(isHashed))
    try sink.put("moment", .string(moment.description))
    try sink.put("name", .string(question.name))
    try sink.put("notAnswerable", notAnswerable.map { .string($0) })
    try sink.put("positions", Answer.json(positions))
    try sink.put("question", .integer(question.rawValue))
    let (shape, rows) = (RowShape(columns), rows)
    try sink.put("rows", rows.count) { shape.json(of: rows[$0]) }
    try sink.put("scope", scope.json)
    try sink.put("since", since.value == 0 ? nil : .integer(since.value))
    try sink.put("title", .string(question.title))
  }

  fileprivate static func json(_ positions: [Position]) -> JSONValue {
    .array(positions.map { .integer($0.value) })
  }

  private static func ordered(_ positions: [Position]) -> [Position] {
    var ordered: [Position] = []
    for position in positions.sorted() where ordered.last != position { ordered.append(position) }
    return ordered
  }
}

extension Answer.Exception {
  /// `{"rule","about","positions"}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("rule", rule.rawValue)
    object.put("about", about)
    object.put("positions", Answer.json(positions))
    return object.json
  }
}

/// Where the members of a row stand in JSON: an answer may have a hundred thousand rows of one order.
private struct RowShape: Sendable {
  /// Ascending by name; the events that a row rests on are in no column.
  private let members: [(name: Text, column: Int?)]

  init(_ columns: [AnswerColumn]) {
    var members: [(name: Text, column: Int?)] = [("positions", nil)]
    for (index, column) in columns.enumerated() { members.append((Text(column.rawValue), index)) }
    self.members = members.sorted { $0.name.precedes($1.name) }
  }

  func json(of row: Answer.Row) -> JSONValue {
    var found: [JSONObject.Member] = []
    found.reserveCapacity(members.count)
    for (name, column) in members {
      let value = column.map { row.values[$0]?.json } ?? Answer.json(row.positions)
      if let value { found.append(JSONObject.Member(name: name, value: value)) }
    }
    return .object(JSONObject(sorted: found))
  }
}
