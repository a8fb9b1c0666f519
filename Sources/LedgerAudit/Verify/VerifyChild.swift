// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading

/// The half of a verification that reads the ledger, in a process that may die of it.
///
/// It answers on a descriptor with one canonical JSON object a line: `{"finding":{…}}`,
/// `{"progress":{…}}`, and at the end `{"report":{…}}`, or `{"failure":{…}}` when the ledger cannot
/// be read for another reason than damage.
public enum VerifyChild {
  /// Verifies and answers; returns the exit code. Never throws, never prints.
  public static func run(
    _ path: String, options: Auditor.Options, answeringOn descriptor: Int32
  ) -> Int32 {
    answer(on: descriptor) { tell in try Auditor.audit(path, options: options, tell: tell) }
  }

  /// Verifies a bundle and answers; returns the exit code. Never throws, never prints.
  public static func run(
    bundle path: String, options: BundleVerifier.Options, answeringOn descriptor: Int32
  ) -> Int32 {
    answer(on: descriptor) { tell in BundleVerifier.verify(path, options: options, tell: tell) }
  }

  private static func answer(
    on descriptor: Int32, _ verify: (_ tell: @escaping (Auditor.Note) -> Void) throws -> AuditReport
  ) -> Int32 {
    // A crash here is an answer, not a dump of the ledger's words into the working directory.
    var limit = rlimit(rlim_cur: 0, rlim_max: 0)
    _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    _ = clinux_set_parent_death_signal(SIGKILL)
    signal(SIGPIPE, SIG_IGN)
    let line = AnswerLine(descriptor)
    var last: UInt64 = 0
    do {
      let report = try verify { note in
        switch note {
        case .finding(let finding): line.write("finding", finding.json)
        case .progress(let what, let done, let total):
          let now = AnswerLine.now()
          guard now &- last >= 100_000 else { return }
          last = now
          var object = JSONObject()
          object["done"] = .integer(done)
          object["of"] = .integer(total)
          object["what"] = .string(what)
          line.write("progress", .object(object))
        }
      }
      line.write("report", report.json(withFindings: false))
      return line.isBroken ? 74 : 0
    } catch {
      line.write("failure", VerifyFailure(error).json)
      return 74
    }
  }
}

/// Why a ledger could not be verified at all.
public struct VerifyFailure: Error, Equatable, Sendable {
  /// The exit code that fits (sysexits.h).
  public var status: Int32
  /// A stable word.
  public var code: String
  /// What was attempted, and why it failed.
  public var reason: String
  /// Gathers the members.
  public init(status: Int32, code: String, reason: String) {
    self.status = status
    self.code = code
    self.reason = reason
  }

  init(_ error: any Error) {
    if let reading = error as? ReadingError, case .directory(let cause) = reading.code {
      self.init(
        status: cause.code.exitCode, code: cause.code.rawValue, reason: cause.description)
    } else if let reading = error as? ReadingError {
      self.init(status: reading.exitCode, code: reading.word, reason: "\(reading)")
    } else {
      self.init(status: 74, code: "unreadable", reason: "\(error)")
    }
  }

  var json: JSONValue {
    var object = JSONObject()
    object["code"] = .string(code)
    object["reason"] = .string(reason)
    object["status"] = .integer(status)
    return .object(object)
  }

  init?(json: JSONValue) {
    guard let object = json.object, let code = object["code"]?.text?.string,
      let reason = object["reason"]?.text?.string, let status = object["status"]?.wholeNumber,
      status > 0, status < 126
    else { return nil }
    self.init(status: Int32(status), code: code, reason: reason)
  }
}

/// Writes lines of JSON to a descriptor; a reader that left is remembered.
private final class AnswerLine {
  private let descriptor: Int32
  private(set) var isBroken = false

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  func write(_ name: String, _ value: JSONValue) {
    var object = JSONObject()
    object[Text(name)] = value
    guard let bytes = try? CanonicalJSON.encode(.object(object)) else { return }
    var rest = (bytes + [0x0A])[...]
    while !rest.isEmpty, !isBroken {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        isBroken = true
      }
    }
  }

  /// Microseconds of a clock that never goes back.
  static func now() -> UInt64 {
    var time = timespec()
    _ = clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
  }
}
