// SPDX-License-Identifier: Apache-2.0

/// Why words are no cron expression, and where.
public struct CronError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Equatable, Sendable {
    /// There are not five fields.
    case fieldCount(Int)
    /// A macro such as `@reboot` that has no times.
    case unknownMacro(String)
    /// There are too many words for any times.
    case tooLong
    /// Nothing stands where a value should.
    case valueMissing
    /// A character that the field does not know.
    case unexpected(String)
    /// A number outside the field's range, or a name that is not the field's.
    case outOfRange(String)
    /// A range whose end lies before its beginning.
    case reversedRange(String)
    /// A step of nothing.
    case stepOfZero
    /// No date is ever as the fields say, such as 31 February.
    case neverFires
  }
  /// The field; nil for the expression as a whole.
  public var field: CronField?
  /// The 1-based column, counted in bytes from the beginning of the expression; nil for the whole.
  public var column: Int?
  /// What is wrong.
  public var reason: Reason

  /// Gathers the members.
  public init(field: CronField? = nil, column: Int? = nil, reason: Reason) {
    self.field = field
    self.column = column
    self.reason = reason
  }

  /// One sentence without a full stop, for a person.
  public var description: String {
    switch reason {
    case .fieldCount(let count):
      return "a cron expression has five fields (minute, hour, day of month, month, day of week) "
        + "or is one of \(CronExpression.macroNames); this has \(count)"
        + (count == 6 ? ": seconds and years cannot be told" : "")
    case .unknownMacro(let word):
      return "'\(word)' tells no times; the words that do are \(CronExpression.macroNames)"
    case .tooLong: return "a cron expression has at most \(CronExpression.byteLimit) bytes"
    case .neverFires:
      return "no date is ever as day of month and month say, so this would never run"
    case .valueMissing: return place + "a value is missing"
    case .unexpected(let word): return place + "'\(word)' cannot stand here"
    case .outOfRange(let word):
      return place + "'\(word)' is not within \(field?.rangeWords ?? "its range")"
    case .reversedRange(let word): return place + "'\(word)' ends before it begins"
    case .stepOfZero: return place + "a step is at least 1"
    }
  }

  private var place: String {
    guard let field else { return "" }
    return "\(field.rawValue), column \(column ?? 1): "
  }
}

/// The five fields, in their order.
public enum CronField: String, CaseIterable, Sendable {
  /// 0–59.
  case minute = "minute"
  /// 0–23.
  case hour = "hour"
  /// 1–31.
  case dayOfMonth = "day of month"
  /// 1–12, or JAN–DEC.
  case month = "month"
  /// 0–7, or SUN–SAT; 0 and 7 are Sunday.
  case dayOfWeek = "day of week"

  /// The values that may be written.
  var range: ClosedRange<Int> {
    switch self {
    case .minute: 0...59
    case .hour: 0...23
    case .dayOfMonth: 1...31
    case .month: 1...12
    case .dayOfWeek: 0...7
    }
  }

  /// The names of values, the first one that of `firstNamed`.
  var names: [String] {
    switch self {
    case .minute, .hour, .dayOfMonth: []
    case .month:
      ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    }
  }

  /// The value of the first name.
  var firstNamed: Int { self == .month ? 1 : 0 }

  var rangeWords: String {
    switch self {
    case .month: "1-12 or JAN-DEC"
    case .dayOfWeek: "0-7 or SUN-SAT"
    default: "\(range.lowerBound)-\(range.upperBound)"
    }
  }
}
