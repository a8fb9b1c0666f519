// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner
import LedgerStorage

/// `jobledger doctor`
struct Doctor: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Examine the ledger's files, and put right what can be without losing anything.",
    discussion: """
      After a write whose outcome is unknown, nothing more is written until this has built the \
      database anew from its events, each re-hashed and compared with the tree and the last \
      checkpoint. It ends with 2 if something remains that it could not put right.

        jobledger doctor --check
        jobledger doctor
        jobledger doctor --rebuild
      """)

  @Flag(help: "Look, and change nothing.") var check = false
  @Flag(help: "Build the database anew even if nothing asks for it.") var rebuild = false
  @Flag(help: "Compare the data file with what the disk holds; keeps writers out meanwhile.")
  var disk = false
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func validate() throws {
    if check, rebuild { throw ValidationError("--check and --rebuild exclude each other") }
  }

  func run(_ session: Session) throws -> Int32 {
    // Reading a badly damaged file can end the process by a signal: that must be told, too.
    guard Apart.isInside else {
      return try Apart.run(
        what: "examine", on: "the ledger",
        next: "restore the ledger from a backup, or copy its folder before anything else is tried")
    }
    let path = try global.ledgerPath()
    let examination = LedgerStorage.Doctor.Examination(readsDisk: disk)
    let found = try LedgerStorage.Doctor.examine(path, options: examination)
    var report = DoctorReport(findings: found)
    if !check { try treat(path, &report, examination, session) }
    try report.print(session.console)
    return report.isOK ? 0 : ExitStatus.findings.rawValue
  }

  private func treat(
    _ path: String, _ report: inout DoctorReport,
    _ examination: LedgerStorage.Doctor.Examination, _ session: Session
  ) throws {
    let console = session.console
    let repair = try LedgerStorage.Doctor.repair(
      path,
      options: LedgerStorage.Doctor.Treatment(
        rebuilds: rebuild,
        upgrade: LedgerStorage.Doctor.Upgrade(
          actor: try session.caller().actor, tool: Session.tool),
        onProgress: { what, done, total in
          guard console.errIsTerminal else { return }
          let percent = total == 0 ? 100 : min(100, done * 100 / total)
          try? console.err.write("\r\u{1b}[K\(what): \(percent)%")
          try? console.err.flush()
        }))
    if console.errIsTerminal { try? console.err.write("\r\u{1b}[K") }
    report.fixed = repair.fixed
    switch repair.outcome {
    case .untouched: break
    case .rebuilt(let rebuilt): report.rebuilt = rebuilt
    case .refused(let findings, let knownGood):
      report.findings = findings
      report.knownGood = knownGood
      return
    }
    report.findings = try LedgerStorage.Doctor.examine(path, options: examination)
  }
}

/// What was noticed and done.
private struct DoctorReport {
  var findings: [DoctorFinding]
  var fixed: [DoctorFinding] = []
  var rebuilt: LedgerStorage.Doctor.Rebuilt?
  var knownGood: LedgerSize?

  /// Whether nothing is left to put right.
  var isOK: Bool { knownGood == nil && findings.allSatisfy { $0.severity == .note } }

  func print(_ console: Console) throws {
    if console.isJSON { return try console.print(json) }
    for finding in fixed { try console.print("put right: \(TerminalText.escape("\(finding)"))") }
    if let rebuilt {
      try console.print(
        "built anew as generation \(rebuilt.generation): \(rebuilt.size.value) events and "
          + "\(Words.count(rebuilt.texts, "text")) re-hashed, root \(Base64.standard.encode(Digest(rebuilt.root).bytes))"
      )
    }
    if let knownGood {
      try console.print(
        "the database was left as it is: only the first \(knownGood.value) events are whole")
    }
    for finding in findings {
      let severity = console.styled(
        finding.severity.rawValue, finding.severity == .damage ? .bad : .warning)
      let place = finding.position.map { " #\($0.value)" } ?? ""
      try console.print(
        "\(severity) \(finding.code.rawValue)\(place): \(TerminalText.escape("\(finding)"))")
    }
    if findings.isEmpty { try console.print("nothing to put right") }
  }

  private var json: JSONValue {
    var object = JSONObject()
    object["ok"] = .bool(isOK)
    object["findings"] = .array(findings.map(DoctorReport.json))
    object["fixed"] = .array(fixed.map(DoctorReport.json))
    object["knownGood"] = knownGood.map { .integer($0.value) }
    if let rebuilt {
      var members = JSONObject()
      members["generation"] = .integer(rebuilt.generation)
      members["size"] = .integer(rebuilt.size.value)
      members["root"] = .string(Base64.standard.encode(Digest(rebuilt.root).bytes))
      members["texts"] = .integer(rebuilt.texts)
      members["erased"] = .integer(rebuilt.erased)
      object["rebuilt"] = .object(members)
    }
    return .object(object)
  }

  private static func json(_ finding: DoctorFinding) -> JSONValue {
    var object = JSONObject()
    object["code"] = .string(finding.code.rawValue)
    object["severity"] = .string(finding.severity.rawValue)
    object["position"] = finding.position.map { .integer($0.value) }
    object["path"] = finding.path.map { .string($0) }
    object["detail"] = .string(finding.detail)
    object["advice"] = finding.advice.isEmpty ? nil : .string(finding.advice)
    return .object(object)
  }
}
