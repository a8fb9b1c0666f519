// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading

/// Checks one ledger after the other: the whole of each, and which tokens are in it where.
enum Checker {
  static func answer() {
    while let path = readLine(strippingNewline: true) {
      var answer = JSONObject()
      do {
        let report = try Auditor.audit(path, options: Auditor.Options(checksArtifacts: false))
        answer["findings"] = .array(
          report.findings.map { .string(Text("\($0.code.rawValue): \($0.detail)")) })
        answer["tokens"] = .object(try tokens(path))
        answer["size"] = .integer(report.size?.value ?? 0)
        answer["root"] = .string(Text("\(report.root.map { "\($0)" } ?? "")"))
      } catch {
        answer["error"] = .string(Text("\(error)"))
      }
      guard let bytes = try? CanonicalJSON.encode(.object(answer)) else {
        say("{\"error\":\"no answer\"}")
        continue
      }
      say(String(decoding: bytes, as: UTF8.self))
    }
  }

  private static func tokens(_ path: String) throws -> JSONObject {
    let reader = try LedgerReader.open(path)
    defer { reader.close() }
    var tokens = JSONObject()
    try reader.read { (snapshot) throws(ReadingError) in
      for position in 0..<snapshot.size.value {
        let event = try snapshot.event(at: Position(position))
        var token: Text?
        switch event.fact {
        case .projectCreated(let fact) where fact.name.string != "base":
          token = Text(fact.name.string)
        case .memberGranted(let fact) where fact.member != Driver.actor.id:
          token = Text(fact.member.string)
        case .jobLogged: token = try snapshot.text(of: event).string(.message)
        default: break
        }
        guard let token else { continue }
        // Twice the same one would hide among the members of an object.
        if tokens[token] != nil { tokens[Text("twice-\(position)")] = .integer(position) }
        tokens[token] = .integer(position)
      }
    }
    return tokens
  }
}
