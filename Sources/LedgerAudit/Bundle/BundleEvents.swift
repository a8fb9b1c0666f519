// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// What must hold within and between events, in the order in which they stand.
struct BundleEvents {
  /// The place of the last one.
  private(set) var last: Position?
  /// From where on none is left out up to the last one.
  private(set) var unbroken: Position?
  /// Whether there are events that a part of one subject does not have: those of a window are here.
  private(set) var isWindow = false
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
  private var isSelection = false
  private var claim: (claim: Claim, version: Reference)?
  private var isAmbiguous = false
  private var lastTime: Timestamp?
  private var repeatedErasures = RepeatedErasures()
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

  /// Expects single events, of whatever subject and revision.
  mutating func beginSelection(origin: Text) {
    self.origin = origin
    isSelection = true
  }

  /// Takes the rotations of later events, which introduce keys of later sizes.
  mutating func add(rotations later: [(position: UInt64, fact: KeyRotated)]) { rotations += later }

  /// Takes what later events erased.
  mutating func add(erasures later: Erasures) { erasures.add(later) }

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
    if !isWindow { isWindow = isOfWindow(event) }
    if last.map({ $0.value &+ 1 }) != event.position.value { unbroken = event.position }
    last = event.position
    lastTime = event.time
  }

  /// Beside its subject's events a part has only those by which signatures are checked.
  private func isOfWindow(_ event: Event) -> Bool {
    switch event.fact {
    case .ledgerCreated, .keyRotated, .memberGranted, .memberRevoked, .clockCorrected: false
    default: event.subjectID == nil || revisions.count > 1
    }
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
    guard !isSelection, let subject = event.subjectID, let revision = event.revision else { return }
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
      let isRepeated = repeatedErasures.take(event)
      for fault in SignatureCheck.faults(of: event, given: &views, isRepeated: isRepeated) {
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
