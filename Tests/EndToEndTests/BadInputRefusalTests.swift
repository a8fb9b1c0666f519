// SPDX-License-Identifier: Apache-2.0
import LedgerTestSupport
import Testing

/// Every refusal of the rules: its exit code, its word, and nothing appended but its record.
@Suite struct BadInputRefusalTests {
  /// Expects that a command is refused, and that at most `command.refused` is appended.
  private func refused(
    _ site: Site, _ command: String, _ exit: Int32, _ word: String,
    _ location: SourceLocation = #_sourceLocation
  ) {
    let before = site.size
    let run = site.run("jobledger \(command) --json")
    #expect(run.exit == exit, "\(command): \(run.words)", sourceLocation: location)
    #expect(
      run.words.contains("\"code\":\"\(word)\""), "\(command): \(run.words)",
      sourceLocation: location)
    let added = site.types(from: before)
    // Equal refusals within a minute are one event; what is no rule's refusal leaves none.
    #expect(added.isEmpty || added == ["command.refused"], sourceLocation: location)
    #expect(exit == 77 || added.isEmpty, "\(command)", sourceLocation: location)
  }

  private func done(
    _ site: Site, _ command: String, _ location: SourceLocation = #_sourceLocation
  ) {
    let run = site.run(command)
    #expect(run.exit == 0, "\(command): \(run.words)", sourceLocation: location)
  }

  @Test func `the rules refuse, each with its word and code, and append nothing else`() {
    let site = Site()
    site.write("exit 1", to: "bad.sh")
    done(site, "mv train.sh good.sh; cp bad.sh train.sh; jobledger train m; cp good.sh train.sh")
    // Rule 1.
    refused(site, "evaluate m@1", 77, "version-not-built")
    refused(site, "approve m@7 --reason r", 66, "not-found")
    // Rules 2 and 9.
    done(site, "jobledger train m")
    refused(site, "approve m@2 --reason r", 77, "not-evaluated")
    done(site, "jobledger evaluate m@2")
    refused(site, "approve m@2 --reason r", 77, "four-eyes")
    refused(site, "approve m@2 --reason r --as bob", 77, "claims-not-allowed")
    site.write(
      "claims: true\ndecisionAuth: claimed\nthresholds: {m: {accuracy: {min: 0.95}}}\n",
      to: "policy.yaml")
    done(site, "jobledger policy set policy.yaml --reason 'two persons, one login'")
    done(site, "jobledger member grant bob --role approver --auth claimed")
    done(site, "jobledger member grant carol --role viewer --auth claimed")
    refused(site, "approve m@2 --reason r --as bob", 77, "thresholds-not-met")
    refused(site, "approve m@2 --reason r --as carol", 77, "role-missing")
    refused(site, "approve m@2 --reason r --as dave", 77, "not-a-member")
    refused(site, "train m --as carol", 77, "role-missing")
    refused(site, "approve m@2 --reason r --seen 9999 --as bob", 65, "seen-beyond-head")
    refused(site, "approve m@2 --reason r --seen 5 --as bob", 75, "evidence-changed")
    // Rule 3.
    refused(site, "deploy m@2 --target t", 77, "not-approved")
    done(site, "jobledger reject m@2 --reason 'not yet' --as bob")
    refused(site, "deploy m@2 --target t", 77, "not-approved")
    done(site, "jobledger approve m@2 --override-thresholds --reason 'good enough' --as bob")
    done(site, "jobledger deploy m@2 --target t")
    refused(site, "deploy m@2 --target t", 77, "target-occupied")
    refused(site, "deploy m@2 --target t --replace --reason ' '", 77, "reason-blank")
    // Rule 4.
    let deployment =
      site.run(
        "jobledger deployments --json | sed 's/.*\"deployment\":\"\\([a-z0-9-]*\\)\".*/\\1/'"
      ).text.split(separator: "\n").first.map { String($0) } ?? ""
    refused(site, "retire \(deployment) --reason ' '", 77, "reason-blank")
    refused(site, "member revoke bob --reason ''", 77, "reason-blank")
    refused(site, "policy set policy.yaml --reason ' '", 77, "reason-blank")
    refused(site, "clock correct --reason ' '", 77, "reason-blank")
    done(site, "jobledger retire \(deployment) --reason 'replaced'")
    refused(site, "retire \(deployment) --reason 'again'", 77, "deployment-retired")
    refused(site, "member revoke nobody --reason r", 66, "member-not-found")
    refused(site, "member revoke $(id -un) --reason r", 77, "last-admin")
    // Rule 7.
    let job = site.run("job").text.split(separator: "\n").first.map { String($0) } ?? ""
    refused(site, "stop \(job) --reason r", 77, "job-ended")
    refused(site, "stop exec-000000 --reason r", 66, "not-found")
    site.verify()
  }

  @Test func `a request key is done once, and means one content only`() {
    let site = Site()
    done(site, "jobledger note '#0' first --request k/1")
    let size = site.size
    done(site, "jobledger note '#0' first --request k/1")
    #expect(site.size == size)
    refused(site, "note '#0' second --request k/1", 65, "request-reused")
    refused(site, "note '#0' third --request 'k 1'", 65, "request-key-malformed")
    done(site, "jobledger train m --request k/2 && jobledger train m --request k/2")
    #expect(site.types().filter { $0 == "job.created" }.count == 1)
    refused(site, "train m --set epochs=3 --request k/2", 65, "request-reused")
    site.verify()
  }

  /// Characters that show nothing, as `printf %b` writes them.
  static let invisible = [
    "", " ", "\u{200B}", "\u{3164}", "\u{2800}", "\u{00A0}\u{200D}", "\u{FEFF}", "\u{202E}",
    "\u{115F}\u{1160}", "\u{E0020}", "\u{00AD}", "\u{034F}", "\u{180E}", "\u{FFA0}", "\u{2060}",
    "\t\n", "\u{0085}", "\u{FE0F}", "\u{0001}", "\u{061C}", "\u{1D173}", "\u{17B4}", "\u{FFF9}",
  ]

  @Test func `a reason that shows nothing is none, and one of 20 KiB is a book`() {
    let site = Site()
    done(site, "jobledger train m")
    for reason in BadInputRefusalTests.invisible {
      site.write(reason, to: "reason")
      refused(site, "reject m@1 --reason \"$(cat reason; echo ' ')\"", 77, "reason-blank")
    }
    site.write(String(repeating: "x", count: 20_480), to: "reason")
    refused(site, "reject m@1 --reason \"$(cat reason)\"", 65, "invalid")
    site.write(String(repeating: "é", count: 8_192), to: "reason")
    done(site, "jobledger reject m@1 --reason \"$(cat reason)\"")
    site.verify()
  }
}
