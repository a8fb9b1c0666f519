// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
public import Transparency

/// Verifies a folder that somebody gave us, with nothing but what is in it and what one brings along.
///
/// Checks what ``Auditor`` checks of a ledger, as far as a bundle has it. Memory is bounded but for
/// the list of files, and in a whole ledger's bundle the views.
public final class BundleVerifier {
  /// A key that one trusts.
  public enum TrustedKey: Equatable, Sendable {
    /// The key itself.
    case vkey(VerifierKey)
    /// `SHA256:` and the unpadded base64 of its SHA-256.
    case fingerprint(String)

    /// Reads either form; nil for anything else.
    public init?(_ written: String) {
      if let key = try? VerifierKey(written) {
        self = .vkey(key)
      } else if written.hasPrefix("SHA256:"),
        MerkleHash(base64: String(written.dropFirst(7)) + "=") != nil
      {
        self = .fingerprint(written)
      } else {
        return nil
      }
    }
  }

  /// What to verify it against.
  public struct Options: Sendable {
    /// A key that one trusts.
    public var key: TrustedKey?
    /// The signed note of a checkpoint that one keeps.
    public var against: [UInt8]?
    /// What is to be shown, and of which version.
    public var claim: (claim: Claim, version: Reference)?
    /// Nothing is brought along.
    public init() {}
  }

  let options: Options
  let files: BundleListing
  /// What the paths of its own files begin with: empty, or the folder of a part within.
  let place: String
  let tell: (Auditor.Note) -> Void
  var log: FindingLog
  var report = AuditReport()
  var verdict = BundleVerdict()

  /// What the checkpoint says; nothing of it is believed before its signature is.
  var head: UnverifiedCheckpoint?
  var isWhole = false
  var events: BundleEvents
  /// The tree of a whole ledger as its events make it.
  var tree = TreeBuilder()
  var vkey: VerifierKey?
  /// The roots of the events before each rotation, where all of them are here.
  var rotationRoots: [UInt64: MerkleHash] = [:]
  private var skipped: Set<String> = []

  private init(
    _ files: BundleListing, _ options: Options, _ log: FindingLog,
    _ tell: @escaping (Auditor.Note) -> Void
  ) {
    self.files = files
    place = ""
    self.options = options
    self.log = log
    self.tell = tell
    events = BundleEvents()
  }

  /// Single events in a folder of a bundle; what is wrong with them is the bundle's finding.
  init(within place: String, of whole: BundleVerifier) {
    files = whole.files
    self.place = place
    options = Options()
    tell = { _ in }
    log = FindingLog { whole.find($0.code, $0.position?.value, $0.detail) }
    verdict.origin = whole.verdict.origin
    events = BundleEvents()
    events.beginSelection(origin: Text(verdict.origin))
  }

  /// Whether a folder stands at a path; a link to one does.
  public static func isFolder(_ path: String) -> Bool {
    guard let listing = opendir(path) else { return false }
    closedir(listing)
    return true
  }

  /// Verifies the folder at a path; whatever is wrong with it is in the report.
  public static func verify(
    _ path: String, options: Options = Options(),
    tell: @escaping (Auditor.Note) -> Void = { _ in }
  ) -> AuditReport {
    var findings: [Finding] = []
    var log = FindingLog { finding in
      findings.append(finding)
      tell(.finding(finding))
    }
    let files = BundleListing(path) { name, why in
      log.add(.bundleFile, nil, "\(name.isEmpty ? "the folder" : name): \(why)")
    }
    let verifier = BundleVerifier(files, options, log, tell)
    verifier.run()
    var report = verifier.report
    report.findings = findings
    report.findingCount = verifier.log.counts.values.reduce(0, +)
    if report.findingCount > 0 { verifier.verdict.isTrusted = false }
    report.bundle = verifier.verdict
    return report
  }

  // MARK: The order of work

  private func run() {
    attempt {
      let bytes = try files.read("checkpoint", limit: UnverifiedCheckpoint.byteLimit)
      do throws(NoteError) { head = try UnverifiedCheckpoint(bytes) } catch {
        throw BundleFault(.checkpointMalformed, "checkpoint is no signed checkpoint: \(error)")
      }
    }
    attempt {
      guard files.has("vkey") else { return }
      let bytes = try files.read("vkey", limit: 4096)
      do throws(NoteError) {
        vkey = try VerifierKey(bytes: bytes.last == 0x0A ? bytes.dropLast() : bytes)
      } catch {
        throw BundleFault(.bundleKey, "vkey is no key: \(error)")
      }
    }
    guard let head else { return }
    verdict.origin = head.unchecked.origin.description
    isWhole = files.files.contains { $0.string.utf8.starts(with: "tile/".utf8) }
    verdict.kind = isWhole ? "whole" : "part"
    report.size = LedgerSize(head.unchecked.size)
    report.root = head.unchecked.root
    events.begin(origin: Text(verdict.origin), isWhole: isWhole, options.claim)
    attempt { try isWhole ? checkWhole() : checkPart(under: head) }
    let key = attempt { try signer(of: head) }
    if let key { attempt { try checkLater(head, signedBy: key.key) } }
    finishEvents()
    if let key { verdict.signedBy = key.key.publicKey.fingerprint }
    let vouched = attempt { try checkKept(head, key?.key) } ?? 0
    report.knownGood = knownGood(head.unchecked, isTrusted: key?.isTrusted ?? false, vouched)
    attempt { try checkSums(key?.key) }
    attempt { try checkLists() }
    judge()
    if let last = events.last, last.value < vouched { verdict.isTrusted = true }
    if let key, key.isTrusted { verdict.isTrusted = true }
  }

  /// The largest checkpoint that one has reason to believe and that the events here are of.
  private func knownGood(
    _ head: Checkpoint, isTrusted: Bool, _ vouched: UInt64
  ) -> LedgerSize? {
    let isOfHead =
      isWhole
      ? tree.next == head.size && tree.root == head.root : log.counts[.bundleProof] == nil
    if isTrusted, isOfHead { return LedgerSize(head.size) }
    // That of a whole ledger was compared with the events themselves.
    guard vouched > 0, isWhole || isOfHead else { return nil }
    return LedgerSize(isWhole ? vouched : min(vouched, head.size))
  }

  @discardableResult
  func attempt<R>(_ body: () throws -> R) -> R? {
    do { return try body() } catch let fault as BundleFault {
      log.add(fault.code, nil, fault.detail)
    } catch {
      log.add(.bundleFile, nil, "\(error)")
    }
    return nil
  }

  func find(_ code: Finding.Code, _ position: UInt64?, _ detail: String) {
    log.add(code, position, detail)
  }

  /// Says once what was not looked at.
  func skip(_ what: String) {
    if skipped.insert(what).inserted { verdict.notChecked.append(what) }
  }

  // MARK: What the events say together

  private func finishEvents() {
    var grounds: [Position: ErasureBasis] = [:]
    for run in events.missing.runs {
      for position in run.from...run.to {
        if let range = events.erasures.range(of: Position(position), job: run.job) {
          grounds[range.by] = range.basis
          continue
        }
        guard isWhole else {
          skip("words that are not here, and who erased them")
          break
        }
        find(
          .textMissing, position, "the text of event #\(position) is gone, and no erasure names it")
      }
    }
    for (by, basis) in grounds.sorted(by: { $0.key < $1.key }) {
      verdict.remarks.append("#\(by.value) erased words here, on the ground '\(basis.rawValue)'")
    }
    for (subject, span) in events.revisions.sorted(by: { $0.key.description < $1.key.description })
    {
      if !isWhole {
        verdict.remarks.append("\(subject): revisions \(span.first) to \(span.last)")
      }
    }
    // A window of the whole ledger: none of its events is left out, whosever they are.
    if !isWhole, events.isWindow, let first = events.unbroken, let last = events.last {
      verdict.remarks.append("every event from #\(first.value) to #\(last.value)")
    }
    for remark in events.skipped.sorted() { skip(remark) }
    if isWhole {
      skip("indexes and stored views, which a bundle has not; the events were folded")
    } else {
      skip("later events of a subject, and log lines, which have no revision")
    }
  }

  private func judge() {
    guard let claim = options.claim?.claim else { return }
    guard let asked = events.asked else {
      return find(.claim, nil, "no event of such a version is here, or several have this name")
    }
    let judged = asked.judge(claim)
    for contradiction in judged.contradictions {
      find(.claim, contradiction.position?.value, "\(claim.written): \(contradiction.why)")
    }
    if let unchecked = judged.unchecked { skip(unchecked) }
    if let missing = judged.missing { find(.claim, nil, "\(claim.written): \(missing)") }
    if judged.contradictions.isEmpty, judged.missing == nil {
      verdict.remarks += judged.remarks + ["shown: \(claim.words(asked.version))"]
    }
  }
}
