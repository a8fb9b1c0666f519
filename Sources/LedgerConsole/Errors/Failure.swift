// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// Why a command could not do what it was asked: what was attempted, on what, why, what next.
public struct Failure: Error, Equatable, Sendable {
  /// How the command ends.
  public var status: ExitStatus
  /// The failure in one word of ours, such as `four-eyes`; for programs.
  public var code: String
  /// What was attempted, as an infinitive such as `approve`; empty when the reason says it.
  public var what: String
  /// On what.
  public var on: String
  /// Why it failed: a clause without a full stop.
  public var why: String
  /// What to do next; nil when there is no advice.
  public var next: String?
  /// Further members for programs.
  public var details: JSONObject

  /// Gathers the members.
  public init(
    _ status: ExitStatus, code: String, what: String = "", on: String = "", why: String,
    next: String? = nil, details: JSONObject = JSONObject()
  ) {
    self.status = status
    self.code = code
    self.what = what
    self.on = on
    self.why = why
    self.next = next
    self.details = details
  }

  /// Compares status, code and what it was about; the prose does not count.
  public static func == (left: Failure, right: Failure) -> Bool {
    left.status == right.status && left.code == right.code
      && left.on.utf8.elementsEqual(right.on.utf8) && left.details == right.details
  }

  /// The same failure with what was attempted, unless it says so itself.
  public func attempting(_ what: String, on: String) -> Failure {
    guard self.what.isEmpty else { return self }
    var failure = self
    failure.what = what
    failure.on = on
    return failure
  }

  /// One sentence without a full stop.
  public var message: String {
    if what.isEmpty { return why }
    return "cannot \(what)\(on.isEmpty ? "" : " \(on)"): \(why)"
  }

  /// What people read: the sentence behind the program's name, then the advice, escaped.
  public func text(program: String) -> String {
    var text = "\(program): \(TerminalText.escape(message))\n"
    if let next, !next.isEmpty {
      text += "  next: \(TerminalText.escape(next))\n"
    }
    return text
  }

  /// What programs read: `{"error":{"code","exit","message","next","on","what",…}}`.
  public var json: JSONValue {
    var members = details
    members["code"] = .string(code)
    members["exit"] = .integer(status.rawValue)
    members["message"] = .string(message)
    if let next, !next.isEmpty { members["next"] = .string(next) }
    if !on.isEmpty { members["on"] = .string(on) }
    if !what.isEmpty { members["what"] = .string(what) }
    var object = JSONObject()
    object["error"] = .object(members)
    return .object(object)
  }
}
