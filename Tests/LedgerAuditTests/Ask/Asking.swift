// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage

extension LedgerReader {
  /// The answer to a question, each event held against the tree; by default as of now, asked at the
  /// time of the last event.
  func answer(
    _ question: Question, about scope: TrailScope = .ledger, since: UInt64 = 0,
    asOf size: LedgerSize? = nil, at moment: Timestamp? = nil,
    with change: (inout Inquiry) -> Void = { _ in }
  ) throws -> Answer {
    let checkpoint = try LedgerReader.checkpoint(of: self)
    return try withSnapshot { snapshot in
      let size = size ?? snapshot.size
      let last = size.value == 0 ? nil : try snapshot.time(at: Position(size.value - 1))
      var inquiry = Inquiry(
        about: scope, since: LedgerSize(since),
        at: moment ?? last ?? Timestamp(microseconds: 0),
        in: Documents(snapshot, asOf: size, directory: directory, verifying: true),
        checkpoint: checkpoint)
      change(&inquiry)
      return try inquiry.answer(question)
    }
  }
}

extension House {
  /// The same of this house.
  func answer(
    _ question: Question, about scope: TrailScope = .ledger, since: UInt64 = 0,
    asOf size: LedgerSize? = nil, at moment: Timestamp? = nil
  ) throws -> Answer {
    try ledger.reader.answer(question, about: scope, since: since, asOf: size, at: moment)
  }
}

extension Answer {
  /// The values of a column, row by row; `-` where there is none.
  func column(_ column: AnswerColumn) -> [String] {
    guard let index = columns.firstIndex(of: column) else { return ["no such column"] }
    return rows.map { Answer.word($0.values[index]) }
  }

  /// The values of some columns of each row, and the events that the row rests on.
  func lines(_ columns: AnswerColumn...) -> [String] {
    let indices = columns.map { column in self.columns.firstIndex(of: column) ?? 0 }
    return rows.map { row in
      (indices.map { Answer.word(row.values[$0]) } + [Answer.words(row.positions)])
        .joined(separator: " | ")
    }
  }

  /// Each exception: its rule, what it is about, the events that show it.
  var told: [String] {
    exceptions.map { "\($0.rule.rawValue) \($0.about ?? "-") \(Answer.words($0.positions))" }
  }

  static func words(_ positions: [Position]) -> String {
    positions.map { "#\($0.value)" }.joined(separator: " ")
  }

  private static func word(_ value: AnswerValue?) -> String {
    guard let value else { return "-" }
    if let actor = value.json.object?["id"]?.text { return actor.string }
    if let text = value.json.text { return text.string }
    return (try? CanonicalJSON.encode(value.json)).map { String(decoding: $0, as: UTF8.self) }
      ?? "?"
  }
}
