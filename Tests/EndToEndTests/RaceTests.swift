// SPDX-License-Identifier: Apache-2.0
import Testing

/// The rules hold between processes too: they are asked inside the transaction that appends, so of
/// those who ask at once about one thing, exactly one is first.
@Suite struct RaceTests {
  /// Runs command lines at the same moment, each in a process of its own; their exit codes.
  private func race(_ site: Site, _ commands: [String]) -> [String] {
    let lines = commands.enumerated().map { index, command in
      "(poll '[ -e go ]'; \(command) >said.\(index) 2>remark.\(index); echo $? >code.\(index)) &"
    }
    // They all stand ready before the word is given.
    let script = (["rm -f go code.* said.*"] + lines + ["sleep 0.2", "touch go", "wait"])
    let run = site.run(script.joined(separator: "\n"))
    #expect(run.exit == 0, "\(run.words)")
    return site.run("cat \(commands.indices.map { "code.\($0)" }.joined(separator: " "))").text
      .split(separator: "\n").map { String($0) }
  }

  private func done(
    _ site: Site, _ command: String, _ location: SourceLocation = #_sourceLocation
  ) {
    let run = site.run(command)
    #expect(run.exit == 0, "\(command): \(run.words)", sourceLocation: location)
  }

  private func count(_ site: Site, _ type: String) -> Int { site.types().count { $0 == type } }

  /// A version that was evaluated, and a policy under which its maker's login may approve as bob.
  private func evaluated() -> Site {
    let site = Site()
    site.write("claims: true\ndecisionAuth: claimed\n", to: "policy.yaml")
    done(site, "jobledger policy set policy.yaml --reason 'two persons, one login'")
    done(site, "jobledger member grant bob --role approver --auth claimed")
    done(site, "jobledger train m && jobledger evaluate m@1")
    return site
  }

  @Test func `of processes that deploy to one target one succeeds (rule 3)`() {
    let site = evaluated()
    done(site, "jobledger approve m@1 --as bob --reason good")
    let codes = race(site, Array(repeating: "jobledger deploy m@1 --target t", count: 6))
    #expect(codes.sorted() == ["0", "77", "77", "77", "77", "77"])
    #expect(count(site, "version.deployed") == 1)
    site.verify()
  }

  @Test func `of decisions on the same evidence one is made, the other looks again (rule 2)`() {
    let site = evaluated()
    let seen = "--seen $(cat size) --as bob --reason"
    done(site, "size >size")
    let codes = race(
      site,
      (0..<3).flatMap {
        ["jobledger approve m@1 \(seen) y\($0)", "jobledger reject m@1 \(seen) n\($0)"]
      })
    #expect(codes.sorted() == ["0", "75", "75", "75", "75", "75"])
    #expect(count(site, "version.approved") + count(site, "version.rejected") == 1)
    site.verify()
  }

  @Test func `of processes with one request key one acts, and all are told the same (rule 6)`() {
    let site = Site()
    let note = "jobledger note '#0' word --json --request k/1"
    let codes = race(site, Array(repeating: note, count: 6))
    #expect(codes == Array(repeating: "0", count: 6))
    #expect(count(site, "note.added") == 1)
    let said = Set((0..<6).map { site.run("head -n 1 said.\($0)").text })
    #expect(said.count == 1, "\(said)")
    let others = race(site, (0..<6).map { "jobledger note '#0' word\($0) --request k/2" })
    #expect(others.sorted() == ["0", "65", "65", "65", "65", "65"])
    #expect(count(site, "note.added") == 2)
    site.verify()
  }

  @Test func `trainings at once have each a number of their own, and one stop is enough (rule 7)`()
  {
    let site = Site()
    let codes = race(site, Array(repeating: "jobledger train m", count: 4))
    #expect(codes == Array(repeating: "0", count: 4))
    let numbers = site.run(
      "jobledger versions --json | sed 's/.*\"number\":\\([0-9]*\\).*/\\1/' | sort")
    #expect(numbers.text == "1\n2\n3\n4\n")
    site.write("touch running; sleep 600\n", to: "train.sh")
    done(site, "jobledger train m --detach && poll '[ -e running ]'")
    let stops = race(site, Array(repeating: "jobledger stop $(job) --reason enough", count: 4))
    // Who comes after the job has ended is told its status.
    #expect(stops.contains("0") && stops.allSatisfy { $0 == "0" || $0 == "77" }, "\(stops)")
    #expect(count(site, "job.stop_requested") == 1)
    #expect(count(site, "job.stopped") == 1)
    site.expectNoProcess()
    site.verify()
  }

  @Test func `nobody acts on a right after it was revoked (rule 9)`() {
    let site = evaluated()
    let commands =
      ["jobledger member revoke bob --reason left"]
      + (0..<5).map { "jobledger approve m@1 --as bob --reason r\($0)" }
    let codes = race(site, commands)
    #expect(codes[0] == "0")
    #expect(codes.dropFirst().allSatisfy { $0 == "0" || $0 == "77" }, "\(codes)")
    let types = site.types()
    let revoked = types.firstIndex(of: "member.revoked") ?? 0
    #expect(!types[revoked...].contains("version.approved"))
    #expect(count(site, "version.approved") == codes.dropFirst().count { $0 == "0" })
    site.verify()
  }
}
