// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// Signed decisions through the command line, with each kind of key and each place that it can be in;
/// OpenSSH alone says whether what was recorded is what was signed.
@Suite struct SigningProcessTests {
  /// Where a private key is.
  enum Place: String, CaseIterable, Sendable {
    case file, agent, securityKey
  }

  /// A model with two evaluated versions, and bob, who is known by the key `bob.pub` alone. The
  /// script before it has made that, and `KEY` is what he signs with.
  private func site(_ kind: String, _ place: Place) -> Site {
    let site = Site()
    site.write("{decisionAuth: ssh, signed: [approved, rejected, deployed, retired]}", to: "p.yaml")
    site.write("{decisionAuth: ssh, signed: [approved], drift: {psi: 0.3}}", to: "laxer.yaml")
    let key =
      switch place {
      case .file, .agent:
        """
        /usr/bin/ssh-keygen -q -t \(kind) -N '' -C '' -f bob
        """
      case .securityKey:
        """
        "$PYTHON" "$FIXTURES/signatures/security-key-agent.py" \(kind) "$PWD/sock" bob.pub &
        poll '[ -e bob.pub ]'
        """
      }
    let agent =
      place == .agent
      ? """
      ssh-agent -a "$PWD/sock" >/dev/null
      SSH_AUTH_SOCK=$PWD/sock ssh-add -q bob && rm bob
      """ : ""
    let made = site.run(
      key + "\n" + agent + """

        echo "bob $(cat bob.pub)" > signers
        jobledger member grant bob --role approver operator admin --auth ssh --key bob.pub &&
        jobledger policy set p.yaml --reason 'signed, all of it' &&
        jobledger train m && jobledger evaluate m@1 && jobledger train m && jobledger evaluate m@2
        """)
    #expect(made.exit == 0, "\(made.words)")
    return site
  }

  /// `good REF`: whether OpenSSH accepts what is shown of it as bob's, and nothing else.
  private static let prelude = """
    [ -e sock ] && export SSH_AUTH_SOCK="$PWD/sock"
    good() { jobledger show "$1" --signature > "$1.sig" &&
      jobledger show "$1" --statement > "$1.txt" &&
      /usr/bin/ssh-keygen -Y verify -f signers -I bob -n jobledger -s "$1.sig" < "$1.txt" &&
      ! { cat "$1.txt"; echo; } | /usr/bin/ssh-keygen -Y verify -f signers -I bob -n jobledger \\
        -s "$1.sig" >/dev/null 2>&1; }
    last() { jobledger events --type "$1" --json | tail -1 |
      sed 's/.*"position":\\([0-9]*\\).*/#\\1/'; }

    """

  @Test(arguments: [
    ("ed25519", Place.file), ("ecdsa", .file), ("ed25519", .agent), ("ecdsa", .agent),
    ("ed25519", .securityKey), ("ecdsa", .securityKey),
  ])
  func `every act is signed, and OpenSSH says by whom`(kind: String, place: Place) {
    let site = site(kind, place)
    let key = place == .file ? "bob" : "bob.pub"
    let run = site.run(
      SigningProcessTests.prelude + """
        sign="--as bob --sign \(key)"
        [ \(place == .file) = true ] || [ ! -e bob ] || exit 1
        jobledger approve m@1 $sign --seen $(size) --reason 'It holds' >/dev/null || exit 2
        good m@1 || exit 3
        jobledger deploy m@1 --target production $sign >/dev/null || exit 4
        deployment=$(jobledger deployments --json | sed 's/.*"deployment":"\\([^"]*\\)".*/\\1/')
        good $deployment || exit 5
        jobledger retire $deployment $sign --reason 'Enough' >/dev/null || exit 6
        good "$(last deployment.retired)" || exit 7
        jobledger reject m@2 $sign --seen $(size) --reason 'No better' >/dev/null || exit 8
        good m@2 || exit 9
        jobledger policy set laxer.yaml $sign --reason 'Laxer' >/dev/null || exit 10
        good "$(last policy.set)" || exit 11
        jobledger replay verify | grep -o ' 5 signatures'
        """)
    #expect(run.exit == 0, "\(run.exit): \(run.words)")
    let name = kind == "ecdsa" ? "ECDSA" : "ED25519"
    let wanted = "Good \"jobledger\" signature for bob with \(name)"
    let lines = run.text.split(separator: "\n").map { String($0) }
    #expect(lines.count == 6, "\(run.text)")
    for line in lines.prefix(5) {
      #expect(line.hasPrefix(wanted + (place == .securityKey ? "-SK key " : " key ")), "\(line)")
    }
    #expect(lines.last == " 5 signatures")
    endAgent(site)
  }

  @Test func `a security key that nobody touched, and an agent without the key, sign nothing`() {
    let site = site("ed25519", .securityKey)
    let run = site.run(
      SigningProcessTests.prelude + """
        touch sock.untouched
        jobledger approve m@1 --as bob --sign bob.pub --reason 'It holds'; echo $?
        /usr/bin/ssh-keygen -q -t ed25519 -N '' -f eve && rm eve
        jobledger approve m@1 --as bob --sign eve.pub --reason 'It holds'; echo $?
        rm sock.untouched
        jobledger approve m@1 --as bob --sign bob.pub --reason 'It holds' >/dev/null; echo $?
        jobledger events --type version.approved --json | wc -l
        """)
    #expect(run.text == "77\n65\n0\n1\n", "\(run.text)\(run.words)")
    #expect(run.words.contains("touch"), "\(run.words)")
    endAgent(site)
    site.verify()
  }

  @Test func `a signature that was made for something else is played again in vain`() {
    let site = site("ed25519", .file)
    // Another ledger of the same name for everything, with the same key, and the same artifacts.
    let run = site.run(
      SigningProcessTests.prelude + """
        mkdir other && cp jobledger.yaml *.sh data.csv p.yaml bob.pub other
        (export JOBLEDGER_DIR=$PWD/other/L; cd other
        jobledger init --origin test.example/other && jobledger project add . &&
        jobledger member grant bob --role approver operator admin --auth ssh --key bob.pub &&
        jobledger policy set p.yaml --reason 'signed' && jobledger train m && jobledger evaluate m@1 &&
        jobledger approve m@1 --as bob --sign ../bob --reason 'It holds' &&
        jobledger show m@1 --signature > ../other.sig) >/dev/null 2>&1 || exit 1
        jobledger approve m@2 --as bob --sign bob --reason 'It holds' >/dev/null || exit 2
        jobledger show m@2 --signature > older.sig
        # Whoever stands between signs what was asked for by what bob signed elsewhere, or before.
        mkdir between && printf '#!/bin/sh\\ncat >/dev/null\\ncat "$PLAYED"\\n' > between/ssh-keygen
        chmod +x between/ssh-keygen
        before=$(jobledger events --type version.approved --json | wc -l)
        for played in other.sig older.sig; do
          for version in m@1 m@2; do
            PLAYED=$PWD/$played PATH=$PWD/between:$PATH \\
              jobledger approve $version --as bob --sign bob.pub --reason 'It holds'; echo $?
          done
        done
        [ "$(jobledger events --type version.approved --json | wc -l)" = "$before" ] || exit 3
        """)
    #expect(run.exit == 0, "\(run.exit): \(run.words)")
    #expect(run.text == "77\n77\n77\n77\n", "\(run.text)\(run.words)")
    site.verify()
  }

  @Test func `who comes back under another name with the same key does not approve their own work`()
  {
    let site = site("ed25519", .file)
    let run = site.run(
      """
      jobledger policy set laxer.yaml --reason 'Claims too' >/dev/null
      echo '{claims: true, decisionAuth: claimed}' > claims.yaml
      jobledger policy set claims.yaml --reason 'Claims too' >/dev/null
      jobledger train m --as bob; echo $?
      jobledger member grant carl --role operator --auth claimed --key bob.pub >/dev/null
      jobledger train m --as carl >/dev/null 2>&1 && jobledger evaluate m@3 >/dev/null 2>&1; echo $?
      jobledger member revoke carl --reason 'He left' >/dev/null
      jobledger approve m@3 --as bob --sign bob --reason 'Mine'; echo $?
      """)
    #expect(run.exit == 0, "\(run.words)")
    // Bob's grant is for logins by key.
    #expect(run.text == "77\n0\n77\n", "\(run.text)\(run.words)")
    site.verify()
  }

  /// Ends the agent of a site, which waits for nobody.
  private func endAgent(_ site: Site) {
    for pid in site.processes() { kill(pid, SIGKILL) }
    site.expectNoProcess()
  }
}
