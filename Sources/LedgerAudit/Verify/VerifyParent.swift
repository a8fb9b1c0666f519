// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerCodec
import LedgerDomain

/// The half of a verification that stays alive: starts the other as a process and listens to it.
///
/// Pages of a damaged file can end a reader by SIGSEGV or SIGBUS, or feed it nonsense without end;
/// whatever becomes of the child is a finding here.
public struct VerifyParent {
  /// The program to start: this one.
  public var executable: String
  /// Its arguments, the name first.
  public var arguments: [String]
  /// Called now and then with what is being done, how much of it is done, and how much there is.
  public var onProgress: (String, UInt64, UInt64) -> Void

  /// Gathers the members.
  public init(
    executable: String = "/proc/self/exe", arguments: [String],
    onProgress: @escaping (String, UInt64, UInt64) -> Void = { _, _, _ in }
  ) {
    self.executable = executable
    self.arguments = arguments
    self.onProgress = onProgress
  }

  /// The longest line that is believed.
  private static let lineLimit = 1 << 20

  /// Verifies. Throws ``VerifyFailure`` when that was not possible for another reason than damage.
  ///
  /// Where the child died, a second one looks at leaves and tree alone, with `quickArguments` more:
  /// what a signature vouches for may be whole although something derived from it is not.
  public func run(quickArguments: [String]? = nil) throws(VerifyFailure) -> AuditReport {
    var report = try runOnce()
    let hasCrashed = report.findings.contains {
      $0.code == .readerCrashed || $0.code == .readerGarbled
    }
    guard hasCrashed, let quickArguments else { return report }
    var second = self
    second.arguments += quickArguments
    // What becomes of the second one was told of the first.
    guard let quick = try? second.runOnce(), quick.size != nil else { return report }
    report.size = report.size ?? quick.size
    report.root = quick.root
    report.checkpoint = quick.checkpoint
    report.against = quick.against
    report.knownGood = quick.knownGood
    for finding in quick.findings where !report.findings.contains(finding) { report.add(finding) }
    return report
  }

  private func runOnce() throws(VerifyFailure) -> AuditReport {
    var ends: [Int32] = [-1, -1]
    guard clinux_pipe(&ends) == 0 else { throw VerifyParent.cannotStart(errno) }
    let sink = clinux_duplicate(ends[1], 3)
    close(ends[1])
    defer { close(ends[0]) }
    guard sink >= 0 else { throw VerifyParent.cannotStart(errno) }
    var child: pid_t = 0
    // Descriptors 0 and 2 are /dev/null: a dying runtime's last words are no part of the answer.
    let status = withStrings(arguments) { arguments in
      withStrings(["SWIFT_BACKTRACE=enable=no", "LC_ALL=C"]) { environment in
        clinux_spawn(&child, executable, arguments, environment, nil, [-1, sink, -1], 3, 0)
      }
    }
    close(sink)
    guard status == 0 else { throw VerifyParent.cannotStart(status) }
    var findings: [Finding] = []
    var answer: ChildAnswer?
    let isClean = listen(ends[0]) { line in
      guard answer == nil, let note = ChildAnswer(line) else { return false }
      switch note {
      case .finding(let finding): findings.append(finding)
      case .progress(let what, let done, let total): onProgress(what, done, total)
      case .report, .failure: answer = note
      }
      return true
    }
    if !isClean { kill(child, SIGKILL) }
    var ending: Int32 = 0
    while waitpid(child, &ending, 0) < 0, errno == EINTR {}
    if case .failure(let failure)? = answer { throw failure }
    var report = AuditReport()
    if case .report(let given)? = answer { report = given }
    report.findings = findings
    let signal = ending & 0x7F
    if !isClean {
      report.add(
        Finding(.readerGarbled, nil, "the process that reads the ledger answered what is no answer")
      )
    } else if signal != 0 {
      report.add(
        Finding(
          .readerCrashed, nil,
          "reading the ledger ended its process by \(VerifyParent.name(of: signal)): the database "
            + "file is damaged; what was found before is told"))
    } else if answer == nil {
      report.add(
        Finding(
          .readerCrashed, nil,
          "the process that reads the ledger ended with code \(ending >> 8 & 0xFF) and no answer"))
    }
    return report
  }

  /// Passes whole lines on until the child ends; false as soon as one is refused or endless.
  private func listen(_ descriptor: Int32, _ take: ([UInt8]) -> Bool) -> Bool {
    var pending: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      // A child that dies in the middle of a line says so by its signal.
      guard count > 0 else { return true }
      pending += buffer[..<count]
      while let end = pending.firstIndex(of: 0x0A) {
        guard take(Array(pending[..<end])) else { return false }
        pending.removeSubrange(...end)
      }
      if pending.count > VerifyParent.lineLimit { return false }
    }
  }

  private static func cannotStart(_ error: Int32) -> VerifyFailure {
    VerifyFailure(
      status: 69, code: "cannot-start",
      reason: "cannot start the process that reads the ledger: \(String(cString: strerror(error)))")
  }

  private static func name(of signal: Int32) -> String {
    switch signal {
    case SIGSEGV: "SIGSEGV"
    case SIGBUS: "SIGBUS"
    case SIGABRT: "SIGABRT"
    case SIGFPE: "SIGFPE"
    case SIGILL: "SIGILL"
    case SIGTRAP: "SIGTRAP"
    case SIGKILL: "SIGKILL"
    default: "signal \(signal)"
    }
  }
}

/// What a line of the child says.
private enum ChildAnswer {
  case finding(Finding)
  case progress(String, UInt64, UInt64)
  case report(AuditReport)
  case failure(VerifyFailure)

  init?(_ line: [UInt8]) {
    guard let members = try? CanonicalJSON.decode(line).object?.members, members.count == 1,
      let member = members.first
    else { return nil }
    switch member.name {
    case "finding":
      guard let finding = Finding(json: member.value) else { return nil }
      self = .finding(finding)
    case "report":
      guard let report = AuditReport(json: member.value) else { return nil }
      self = .report(report)
    case "failure":
      guard let failure = VerifyFailure(json: member.value) else { return nil }
      self = .failure(failure)
    case "progress":
      guard let object = member.value.object, let what = object["what"]?.text?.string,
        let done = object["done"]?.wholeNumber, let total = object["of"]?.wholeNumber
      else { return nil }
      self = .progress(what, done, total)
    default: return nil
    }
  }
}

extension AuditReport {
  fileprivate mutating func add(_ finding: Finding) {
    findings.append(finding)
    findingCount = max(findingCount + 1, UInt64(findings.count))
  }
}

private func withStrings<R>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R
) -> R {
  let copies = strings.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies + [nil])
}
