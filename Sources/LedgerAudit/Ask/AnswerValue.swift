// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain

/// A value in a row of an answer: what it is decides how each form shows it.
public enum AnswerValue: Equatable, Sendable {
  /// Words that somebody chose: escaped where they are shown.
  case text(Text)
  /// A word of ours, such as a status or an exception.
  case word(String)
  /// Several of them.
  case words([String])
  /// What names a thing: a version, job, member.
  case name(String)
  /// Several of them.
  case names([String])
  /// A count.
  case count(UInt64)
  /// A measured number; may be NaN.
  case number(Double)
  /// Bytes.
  case bytes(UInt64)
  /// A span in microseconds.
  case duration(microseconds: UInt64)
  /// A moment.
  case time(Timestamp)
  /// A day.
  case date(CalendarDate)
  /// A digest.
  case digest(Digest)
  /// Several of them.
  case digests([Digest])
  /// An event.
  case position(Position)
  /// Several of them.
  case positions([Position])
  /// Who acted, and how that was established.
  indirect case actor(Actor)
  /// Numbers with names.
  case metrics([Metric])
  /// Yes or no.
  case flag(Bool)
  /// Something with members, such as the value before and after.
  case json(JSONValue)
  /// Words that are gone: by which erasure, or nil where none names them.
  indirect case erased(ErasureMark?)

  /// The value in JSON.
  public var json: JSONValue {
    switch self {
    case .text(let text): .string(text)
    case .word(let word), .name(let word): .string(word)
    case .words(let words), .names(let words): .array(words.map { .string($0) })
    case .count(let count), .bytes(let count), .duration(let count): .integer(count)
    case .number(let number): Metric(name: "", value: number).json
    case .time(let time): .string(time.description)
    case .date(let date): .string(date.description)
    case .digest(let digest): .string(digest.description)
    case .digests(let digests): .array(digests.map { .string($0.description) })
    case .position(let position): .integer(position.value)
    case .positions(let positions): .array(positions.map { .integer($0.value) })
    case .actor(let actor): actor.json
    case .metrics(let metrics): Metric.json(metrics)
    case .flag(let flag): .bool(flag)
    case .json(let value): value
    case .erased(let mark): AnswerValue.erasedJSON(mark)
    }
  }

  private static func erasedJSON(_ mark: ErasureMark?) -> JSONValue {
    var object = DocumentObject()
    object.put(mark == nil ? "missing" : "erased", true)
    object.put("erasure", mark?.json)
    return object.json
  }
}
