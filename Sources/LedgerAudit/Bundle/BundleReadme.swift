// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import Transparency

/// How somebody who has nothing of ours checks a bundle. Lines that begin with four spaces are
/// commands, to be pasted in order into a POSIX shell within the folder; the tests run them.
enum BundleReadme {
  static func text(_ summary: BundleMaker.Summary, vkey: VerifierKey, with kind: String) -> String {
    var sections = [
      beginning(summary), reading, program(summary, vkey: vkey), key(vkey), checkpoint,
    ]
    sections.append(summary.whyUnsigned == nil ? digests : unsigned(summary))
    sections.append(summary.kind == "whole" ? whole : part(summary))
    if summary.proofsOfLater > 0 { sections.append(later(summary)) }
    if summary.signatures > 0 { sections.append(signatures) }
    sections.append(limits(summary))
    return sections.joined(separator: "\n\n") + "\n"
  }

  private static func beginning(_ summary: BundleMaker.Summary) -> String {
    let what =
      switch summary.kind {
      case "whole": "all its events, the tree above them as tiles (c2sp.org/tlog-tiles)"
      case "window":
        "all events from #\(summary.from?.value ?? 0) to #\(summary.asOf.value - 1), each with the proof that it is in the"
          + "\ntree (c2sp.org/tlog-proof); what came before and after is not here"
      case "subject":
        "the events of \(summary.subject?.description ?? "") (revisions \(span(summary))), each with the "
          + "proof\nthat it is in the tree (c2sp.org/tlog-proof), and no other subject's"
      default:
        "the events that show \(summary.claim ?? "") of \(summary.version?.description ?? "")"
          + "\n(revisions \(span(summary)) of its subject, none left out), each with the proof that it is in"
          + " the tree"
      }
    return """
      EVIDENCE OF THE LEDGER \(summary.origin)

      Here are \(what).
      The signed checkpoint is of \(summary.size.value) events with the root \(summary.root).

      checkpoint: the signed head of the log (c2sp.org/tlog-checkpoint).
      vkey: the key that it says signed it. Compare it with one from somebody you trust.
      events.jsonl: one event a line. Put text.digest in the place of text, apply RFC 8785 (JCS), and
      the line is the leaf that was hashed. text.digest is the base64url of SHA-256 over the canonical
      JSON [text.salt,text.values].
      artifacts.json: lists of files by their digest. Compare your copy of a file with its digest.
      report.html, report.json: what they tell, for people and for programs.
      README.txt: this; SHA256SUMS, SHA256SUMS.note: digests of all other files, as they were signed.
      """
  }

  private static let reading = """
    WHERE TO BEGIN

    Open report.html in any browser: it says what happened, and begins with what was not as it should
    be. It proves nothing by itself. Each line of it names the events that it rests on (#41); what is here
    of those is in events.jsonl. Whether that is what the ledger signed is checked in one of two ways, 1 or
    2 below.
    """

  private static func span(_ summary: BundleMaker.Summary) -> String {
    summary.revisions.map { "\($0.lowerBound) to \($0.upperBound)" } ?? "none"
  }

  private static func program(_ summary: BundleMaker.Summary, vkey: VerifierKey) -> String {
    var command = "python3 verify FOLDER --key KEY"
    if let claim = summary.claim, let version = summary.version {
      command += " --claim \(claim) --version \(version)"
    }
    if summary.since != nil { command += " --checkpoint KEPT" }
    return """
      1. WITH ONE PROGRAM

      It is called verify, one file of Python (3.11 or later; 'pip install cryptography') that shares
      nothing with what wrote this. It comes with JobLedger's sources, in tools: take it from there, and
      not from whoever gave you this folder. FOLDER is the path of this one. KEY is the ledger's vkey or
      its fingerprint (SHA256:…), from somebody you trust: not from here, for who made up a history would
      have put a key of their own beside it\
      \(summary.since == nil ? "" : ";\nKEPT is the checkpoint that you keep, of size \(summary.since!.value)"):

        \(command)

      'verified', and exit code 0: nothing was found. Else it says what was, and ends with 2; so it does
      without a KEY that you trust: 'consistent, signed by an unknown key'. What it did not check, it lists.
      """
  }

  private static func key(_ vkey: VerifierKey) -> String {
    """
    2. WITH openssl, sha256sum AND ssh-keygen ALONE

    Paste the indented lines that follow into a shell within this folder, all of them, in order.

    The key. The second line printed is its fingerprint without 'SHA256:': compare that with the one
    that you were told. This folder says of itself \(vkey.publicKey.fingerprint).

        T=$(mktemp -d)
        cut -d+ -f3- vkey | base64 -d | tail -c 32 > $T/raw
        (printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; cat $T/raw) > $T/der
        openssl pkey -pubin -inform DER -in $T/der -out $T/key && echo 'a key'
        openssl dgst -sha256 -binary $T/raw | base64 | tr -d =
    """
  }

  private static let checkpoint = """
    The checkpoint: who holds that key signed this size and this root.

        head -n 3 checkpoint > $T/text
        sed -n 5p checkpoint | cut -d' ' -f3 | base64 -d | tail -c 64 > $T/sig
        openssl pkeyutl -verify -pubin -inkey $T/key -rawin -in $T/text -sigfile $T/sig
    """

  private static let digests = """
    The files: who holds that key signed the list of their digests, and nothing is beside it.

        head -n $(wc -l < SHA256SUMS) SHA256SUMS.note | cmp - SHA256SUMS
        tail -n 1 SHA256SUMS.note | cut -d' ' -f3 | base64 -d | tail -c 64 > $T/sig
        openssl pkeyutl -verify -pubin -inkey $T/key -rawin -in SHA256SUMS -sigfile $T/sig
        sha256sum --check --quiet --strict SHA256SUMS && echo 'all files are those'
        test $(find . ! -type d | wc -l) = $(($(wc -l < SHA256SUMS) + 2)) && echo 'and no other'
    """

  private static func unsigned(_ summary: BundleMaker.Summary) -> String {
    """
    The files. Their list of digests is NOT signed: \(summary.whyUnsigned ?? "")
    Events and proofs stand by the checkpoint; nobody vouches for report and README, nor for what may
    have been taken out of artifacts.json.

        sha256sum --check --quiet --strict SHA256SUMS && echo 'all files are those'
        test $(find . ! -type d | wc -l) = $(($(wc -l < SHA256SUMS) + 1)) && echo 'and no other'
    """
  }

  private static let whole = """
    The tree. That the events have the root that was signed takes a program: the one above, or any
    that reads tiles.
    """

  private static func later(_ summary: BundleMaker.Summary) -> String {
    """
    Words that were erased later than these events are not here. later/ has the events that erased
    them, each with the proof that later/checkpoint covers it, and in later/consistency the proof
    (RFC 6962) that this extends the one above; of a part it is the same.
    """
  }

  private static func part(_ summary: BundleMaker.Summary) -> String {
    """
    Each event, by its proof: the last hash must be the root that was signed (RFC 6962).

        hash() { openssl dgst -sha256 -binary; }
        climb() {
          node=$1 last=$(($2 - 1))
          while read -r line; do
            printf %s "$line" | base64 -d > $T/side
            if [ $((node % 2)) = 1 ] || [ $node = $last ]; then
              (printf '\\001'; cat $T/side $T/at) | hash > $T/up
              while [ $((node % 2)) = 0 ] && [ $node != 0 ]; do node=$((node / 2)) last=$((last / 2)); done
            else
              (printf '\\001'; cat $T/at $T/side) | hash > $T/up
            fi
            mv $T/up $T/at; node=$((node / 2)) last=$((last / 2))
          done
        }
        for proof in proofs/*.tlog-proof; do
          at=$(sed -n 's/^index //p' $proof)
          grep "\\"position\\":$at," events.jsonl | tr -d '\\n' |
            sed 's/"text":{"digest":\\("[^"]*"\\).*},"time":"/"text":\\1,"time":"/' > $T/leaf
          (printf '\\000'; cat $T/leaf) | hash > $T/at
          sed -n '/^index /,/^$/{/^index /d;/^$/d;p;}' $proof > $T/path
          climb $at $(sed -n 2p checkpoint) < $T/path
          test "$(base64 < $T/at)" = "$(sed -n 3p checkpoint)" || echo "event $at is NOT in the tree"
        done
        echo "$(ls proofs | wc -l) events were looked at"
    """
  }

  private static let signatures = """
    Signed decisions: FOLDER/signatures has what each person signed and the signature. The key that
    is printed must be one that a member.granted before it gave that person (keyFingerprints), and the
    statement's members those of the event: text is the digest of its reason.

        for sig in signatures/*.sig; do
          ssh-keygen -Y check-novalidate -n jobledger -s $sig < ${sig%.sig}.statement
        done
    """

  private static func limits(_ summary: BundleMaker.Summary) -> String {
    let window = """
      Positions have no gap from the first event of the window to the last. Before it stand only those
      that say who the ledger is and whose keys signed.
      """
    let part = """
      Revisions count a subject's events from 0. What has a number between the first and the last is
      here; that no later one exists, a part cannot show. Log lines have no revision and are not here.
      """
    let whole = """
      Words that were erased are marked, and a later text.erased names who erased them, and why.
      """
    return """
      3. WHAT THIS DOES NOT SHOW

      \(summary.kind == "whole" ? whole : summary.kind == "window" ? window : part)
      That the owner of the key did not write another history for somebody else: keep a checkpoint, and
      ask for a bundle that proves that it extends yours (export --extends).
      """
  }
}
