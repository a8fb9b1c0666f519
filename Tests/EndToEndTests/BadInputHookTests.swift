// SPDX-License-Identifier: Apache-2.0
import LedgerTestSupport
import Testing

/// Hooks that fail, act in vain, hang or die: production is what the ledger says, and the event of
/// the end says what remains of what the hook did.
@Suite struct BadInputHookTests {
  /// A site with an approved version `m@1`, and hooks that write into `production` and obey files:
  /// `fail` and `stuck` fail a hook, `hold` makes the deploy hook wait after it acted.
  private func approved() -> Site {
    let site = Site()
    site.write(
      """
      project: p
      env: {pass: [SITE]}
      models:
        m:
          train: {run: [sh, train.sh], inputs: {data: data.csv}}
          evaluate: {run: [sh, evaluate.sh], inputs: {data: data.csv}}
          deploy: {run: [sh, deploy.sh]}
          retire: {run: [sh, retire.sh]}
      """, to: "jobledger.yaml")
    site.write(
      """
      [ ! -e fail ] || exit 4
      echo "$JOBLEDGER_VERSION $(cat "$JOBLEDGER_MODEL/model")" > production; : > acted
      while [ -e hold ]; do sleep 0.05; done
      """, to: "deploy.sh")
    site.write("[ ! -e stuck ] || exit 5; rm production\n", to: "retire.sh")
    site.write("fourEyes: false\n", to: "policy.yaml")
    let made = site.run(
      """
      jobledger policy set policy.yaml --reason 'A test of one person' && jobledger train m &&
        jobledger evaluate m@1 && jobledger approve m@1 --reason good
      """)
    #expect(made.exit == 0, "\(made.words)")
    return site
  }

  /// What is said of the last deployment job, member by member.
  private func last(_ site: Site, _ members: String) -> String {
    site.write(
      """
      import json, sys
      job = json.loads(sys.stdin.readlines()[-1])
      print(*[job.get(name) for name in sys.argv[1:]])
      """, to: "members.py")
    return site.run(
      "jobledger jobs --kind deployment --json | python3 members.py \(members)"
    ).text
  }

  @Test func `a deploy hook that fails means no deployment, and the target stays free`() {
    let site = approved()
    let run = site.run(": > fail; jobledger deploy m@1 --target t")
    #expect(run.exit == 1, "\(run.words)")
    #expect(run.text.contains("its command ended with exit code 4"))
    #expect(last(site, "kind status exit effectRemaining") == "deployment failed 4 unknown\n")
    #expect(site.run("jobledger deployments --json; ls L/deployments").text == "")
    #expect(site.run("jobledger versions --json").text.contains(#""status":"approved""#))
    #expect(site.run("rm fail; jobledger deploy m@1 --target t").exit == 0)
    #expect(site.run("cat production").text == "m@1 weights\n")
    site.verify()
  }

  @Test func `a retire hook that fails leaves the deployment where it is`() {
    let site = approved()
    let run = site.run(
      """
      jobledger deploy m@1 --target t --json > deployment
      d=$(sed 's/.*"deployment":"\\([a-z0-9-]*\\)".*/\\1/' deployment)
      : > stuck; jobledger retire $d --reason over; echo $?
      jobledger deployments --csv | cut -d, -f5 | tr -d '\\r'
      rm stuck; jobledger retire $d --reason over > /dev/null; echo $?
      jobledger deployments --csv | cut -d, -f5 | tr -d '\\r'; [ ! -e production ]; echo $?
      """)
    #expect(
      run.text.split(separator: "\n").filter { !$0.hasPrefix("retire-") }
        == ["1", "status", "active", "0", "status", "retired", "0"], "\(run.text)\(run.words)")
    site.verify()
  }

  /// What happens while the hook has acted: a rejection refuses the effect. Whether the retire hook
  /// then works decides what remains.
  @Test(arguments: [("", "undone", false), (": > stuck;", "hook", true)])
  func `an effect refused after the hook acted is undone, or the event says what remains`(
    obstacle: String, remains: String, isThere: Bool
  ) {
    let site = approved()
    let run = site.run(
      """
      \(obstacle) : > hold
      { jobledger deploy m@1 --target t; echo $? > code; } > shown 2>&1 &
      poll '[ -e acted ]'
      jobledger deploy m@1 --target t; echo $?
      jobledger reject m@1 --reason 'seen too late' > /dev/null
      rm hold; wait; cat code
      [ -e production ]; echo $?
      """)
    #expect(run.text == "75\n1\n\(isThere ? 0 : 1)\n", "\(run.words)")
    #expect(last(site, "status effectRemaining") == "failed \(remains)\n")
    #expect(last(site, "error").contains("the latest decision rejects p/m@1"))
    #expect(!site.types().contains("version.deployed"))
    #expect(site.types().suffix(2).first == "command.refused" || site.types().last == "job.failed")
    #expect(site.run("jobledger deployments --json; ls L/deployments").text == "")
    // The target is free again.
    #expect(site.run("jobledger approve m@1 --reason 'after all'").exit == 0)
    #expect(site.run("rm -f stuck; jobledger deploy m@1 --target t").exit == 0)
    site.verify()
  }

  @Test func `a runner killed in its hook leaves a lost job, no process, and a free target`() {
    let site = approved()
    let hold = site.run(": > hold")
    #expect(hold.exit == 0)
    let runner = site.start("jobledger", "deploy", "m@1", "--target", "t")
    let killed = site.run("poll '[ -e acted ]'; kill -KILL \(runner)")
    #expect(killed.exit == 0, "\(killed.words)")
    #expect(Site.wait(runner) == 128 + 9)
    site.expectNoProcess()
    let again = site.run("rm hold; jobledger deploy m@1 --target t > /dev/null")
    #expect(again.exit == 0, "\(again.words)")
    #expect(again.words.contains("is lost: its runner died"))
    #expect(
      site.types().filter { $0 == "job.lost" || $0 == "version.deployed" }
        == ["job.lost", "version.deployed"])
    site.verify()
  }

  @Test func `a hook is stopped like any job, and nothing is deployed`() {
    let site = approved()
    let run = site.run(
      """
      : > hold
      { jobledger deploy m@1 --target t; echo $? > code; } > shown 2>&1 &
      poll '[ -e acted ]'
      jobledger stop --all --reason 'not now' > /dev/null; echo $?
      wait; cat code
      """)
    #expect(run.text == "0\n1\n", "\(run.words)")
    #expect(last(site, "status effectRemaining") == "stopped unknown\n")
    #expect(site.run("jobledger deployments --json").text == "")
    site.verify()
  }

  @Test(arguments: [
    ("echo 'models: [' > jobledger.yaml", 65), ("rm jobledger.yaml", 66),
    ("echo 'project: other' > jobledger.yaml", 65), ("mv jobledger.yaml there", 66),
  ])
  func `a manifest that cannot be read keeps nothing in production`(damage: String, exit: Int) {
    let site = approved()
    let deployed = site.run("jobledger deploy m@1 --target t --no-hook && ! [ -e acted ]")
    #expect(deployed.exit == 0, "\(deployed.words)")
    let size = site.size
    let retire = "jobledger retire deploy- --reason 'it must go'"
    let refused = site.run("\(damage); \(retire)")
    #expect(Int(refused.exit) == exit, "\(refused.words)")
    #expect(refused.words.contains("--no-hook"))
    #expect(site.run("jobledger deploy m@1 --target u").exit == refused.exit)
    #expect(site.size == size)
    #expect(site.run("\(retire) --no-hook").exit == 0)
    #expect(site.run("jobledger deploy m@1 --target u --no-hook").exit == 0)
    site.verify()
  }

  @Test func `a request key covers whether the hook ran`() {
    let site = approved()
    let run = site.run(
      """
      jobledger deploy m@1 --target t --request k > /dev/null; rm acted
      jobledger deploy m@1 --target t --request k > /dev/null; echo $?
      jobledger deploy m@1 --target t --request k --no-hook; echo $?
      [ -e acted ]; echo $?
      """)
    #expect(run.text == "0\n65\n1\n", "\(run.words)")
  }
}
