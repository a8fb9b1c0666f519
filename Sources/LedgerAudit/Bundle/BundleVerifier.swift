// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
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
    self.options = options
    self.log = log
    self.tell = tell
    events = BundleEvents()
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
    attempt { try isWhole ? checkWhole() : checkPart() }
    finishEvents()
    let key = attempt { try signer(of: head) }
    if let key { verdict.signedBy = key.key.publicKey.fingerprint }
    let vouched = attempt { try checkKept(head, key?.key) } ?? 0
    attempt { try checkSums(key?.key) }
    attempt { try checkLists() }
    judge()
    if let last = events.last, last.value < vouched { verdict.isTrusted = true }
    if let key, key.isTrusted { verdict.isTrusted = true }
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
    for run in events.missing.runs {
      for position in run.from...run.to {
        if events.erasures.erasure(of: Position(position), job: run.job) != nil { continue }
        guard isWhole else {
          skip("words that are not here, and who erased them")
          break
        }
        find(
          .textMissing, position, "the text of event #\(position) is gone, and no erasure names it")
      }
    }
    for (subject, span) in events.revisions.sorted(by: { $0.key.description < $1.key.description })
    {
      if !isWhole {
        verdict.remarks.append("\(subject): revisions \(span.first) to \(span.last)")
      }
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

/// What must hold within and between events, in the order in which they stand.
struct BundleEvents {
  /// The place of the last one.
  private(set) var last: Position?
  private(set) var erasures = Erasures()
  private(set) var missing = MissingTexts()
  private(set) var revisions: [SubjectID: (first: UInt64, last: UInt64)] = [:]
  /// Lists of files, with the event that names each.
  private(set) var lists: [Digest: ArtifactList] = [:]
  private(set) var rotations: [(position: UInt64, fact: KeyRotated)] = []
  private(set) var created: LedgerCreated?
  private(set) var asked: ClaimCase?
  private(set) var skipped: Set<String> = []

  private var origin: Text = ""
  private var isWhole = false
  private var claim: (claim: Claim, version: Reference)?
  private var isAmbiguous = false
  private var lastTime: Timestamp?
  private var folder = ViewFolder(encodesRows: false)
  private var grants: [ActorID: [Name?: [Text]]] = [:]
  private var jobs: [JobID: Timestamp] = [:]

  mutating func begin(
    origin: Text, isWhole: Bool, _ claim: (claim: Claim, version: Reference)?
  ) {
    self.origin = origin
    self.isWhole = isWhole
    self.claim = claim
  }

  /// Takes the next event with its words; tells what is wrong.
  mutating func take(
    _ event: Event, _ words: FullForm.Parts, _ report: inout AuditReport,
    _ find: (Finding.Code, String) -> Void
  ) {
    order(event, find)
    revision(event, find)
    text(event, words, &report, find)
    signature(event, &report, find)
    note(event, find)
    erasures.note(event)
    if isWhole { fold(event, find) }
    weigh(event, words)
    last = event.position
    lastTime = event.time
  }

  private mutating func order(_ event: Event, _ find: (Finding.Code, String) -> Void) {
    let position = event.position.value
    let due = last.map { $0.value &+ 1 } ?? 0
    if isWhole ? position != due : position < due {
      find(
        .leafMisplaced,
        "event #\(position) " + (last.map { "follows event #\($0.value)" } ?? "comes first"))
    }
    if let cause = event.cause, cause.value >= position {
      find(.timeSense, "event #\(position) names #\(cause.value) as its cause")
    }
    guard let lastTime, event.time < lastTime else { return }
    if case .clockCorrected = event.fact { return }
    if isWhole || position == due {
      find(
        .timeDecreasing,
        "event #\(position) was recorded at \(event.time), before its predecessor at \(lastTime)")
    } else {
      skipped.insert("whether a clock was corrected between events here whose times go back")
    }
  }

  private mutating func revision(_ event: Event, _ find: (Finding.Code, String) -> Void) {
    guard let subject = event.subjectID, let revision = event.revision else { return }
    let number = revision.value
    let known = revisions[subject]
    let due = known.map { $0.last &+ 1 } ?? (isWhole ? 0 : number)
    if number != due {
      find(
        .revision,
        "event #\(event.position.value) is revision \(number) of \(subject), and \(due) is next")
    }
    revisions[subject] = (known?.first ?? number, number)
  }

  private mutating func text(
    _ event: Event, _ words: FullForm.Parts, _ report: inout AuditReport,
    _ find: (Finding.Code, String) -> Void
  ) {
    let position = event.position.value
    guard let digest = event.text else { return }
    if let disclosure = words.disclosure {
      report.checked.texts += 1
      if Digest(MerkleTree.sha256(disclosure)) != digest {
        find(.textAltered, "the text of event #\(position) does not match its digest")
      }
    } else if !isWhole, event.revision == nil {
      skipped.insert("words of members and of the ledger, which a part leaves out")
    } else if isWhole, !words.isErased {
      find(.textMissing, "the text of event #\(position) is gone, and is not marked as erased")
    } else {
      missing.missing(position, job: event.job)
    }
  }

  private mutating func note(_ event: Event, _ find: (Finding.Code, String) -> Void) {
    let position = event.position.value
    if position == 0 {
      if case .ledgerCreated(let fact) = event.fact, fact.origin == origin {
        created = fact
      } else {
        find(.identity, "the first event does not begin the ledger of this checkpoint")
      }
    }
    switch event.fact {
    case .keyRotated(let fact): rotations.append((position, fact))
    case .memberGranted(let fact):
      grants[fact.member, default: [:]][event.project] = fact.keyFingerprints
    case .memberRevoked(let fact): grants[fact.member] = [:]
    case .jobCreated: if let job = event.job, !isWhole { jobs[job] = event.time }
    case .versionTrained(let fact), .versionImported(let fact): keep(fact.artifacts, position)
    case .predictionCompleted(let fact), .runCompleted(let fact): keep(fact.outputs, position)
    default: break
    }
  }

  private mutating func keep(_ files: FilesDigest, _ position: UInt64) {
    guard lists[files.digest] == nil else { return }
    lists[files.digest] = ArtifactList(
      digest: files.digest, count: files.count, bytes: files.bytes, position: position)
  }

  private mutating func signature(
    _ event: Event, _ report: inout AuditReport, _ find: (Finding.Code, String) -> Void
  ) {
    if event.fact.signature != nil { report.checked.signatures += 1 }
    if isWhole {
      var views = folder.views
      for fault in SignatureCheck.faults(of: event, given: &views) {
        find(fault.code, fault.detail)
      }
      return
    }
    guard let signature = event.fact.signature else { return }
    let person = event.actor.person
    let known = grants[person]
    if known == nil {
      skipped.insert("whether \(person) had the key that signed: no grant is here")
    }
    // A job that began outside this part may have run for long.
    let begun = event.job.map { jobs[$0] } ?? event.time
    let faults = SignatureCheck.faults(
      of: signature, in: event, origin: origin, begun: begun
    ) { fingerprint in
      guard let known else { return true }
      return [nil, event.project].contains { known[$0]?.contains(fingerprint) ?? false }
    }
    for fault in faults {
      find(
        .signatureWrong, "the signature of event #\(event.position.value) does not hold: \(fault)")
    }
  }

  private mutating func fold(_ event: Event, _ find: (Finding.Code, String) -> Void) {
    do {
      try folder.fold(event) { _ in }
    } catch let failure as FoldFailure {
      find(
        .unfoldable,
        "event #\(event.position.value) cannot follow what is before it: \(failure.reason.words)")
    } catch {
      find(.unfoldable, "event #\(event.position.value) cannot be folded")
    }
  }

  /// Gives an event to the claim; the first that has the name says which project is meant.
  private mutating func weigh(_ event: Event, _ words: FullForm.Parts) {
    guard let claim, !isAmbiguous,
      case .name(let project, let name, let number?) = claim.version.form
    else { return }
    if let subject = event.subjectID, subject.name == name,
      project ?? subject.project == subject.project
    {
      let version = VersionID(subject: subject, number: number)
      if asked == nil {
        asked = ClaimCase(version, claim.claim, isComplete: isWhole)
      } else if asked?.version != version {
        (asked, isAmbiguous) = (nil, true)
        return
      }
    }
    asked?.take(event, reason: BundleEvents.reason(words))
  }

  private static func reason(_ words: FullForm.Parts) -> Text? {
    guard let disclosure = words.disclosure else { return nil }
    return (try? Disclosure.decode(disclosure))?.values.string(.reason)
  }
}
