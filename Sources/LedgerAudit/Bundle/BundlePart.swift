// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Which events make a part: those of one subject, or all of a window, without a gap; and beside them
/// only who the ledger is and whose keys signed them.
struct BundlePart {
  /// Nil for all events of a window.
  let subject: SubjectID?
  private(set) var claim: Claim?
  private(set) var version: VersionID?
  /// Sorted, each once.
  private(set) var positions: [Position] = []
  private(set) var revisions: ClosedRange<UInt64>?
  /// The events of the window; nil where a subject's are meant.
  private var window: Range<UInt64>?

  /// All revisions of a subject from one size to another.
  init(
    _ subject: SubjectID, in reader: LedgerReader, from start: LedgerSize, asOf size: LedgerSize
  ) throws {
    self.subject = subject
    let all = try BundlePart.revisions(of: subject, in: reader, asOf: size)
    let first = all.firstIndex { $0.value >= start.value } ?? all.count
    try take(Array(all[first...]), firstRevision: UInt64(first), in: reader, asOf: size)
  }

  /// All events from one size to another, log lines and words of every kind among them.
  init(in reader: LedgerReader, from start: LedgerSize, asOf size: LedgerSize) throws {
    subject = nil
    window = start.value..<size.value
    try take(
      (start.value..<size.value).map { Position($0) }, firstRevision: nil, in: reader, asOf: size)
  }

  /// Whether the words of an event belong to it. Who somebody is, and why they were let in, is no concern
  /// of a subject's reader.
  func tells(_ event: Event) -> Bool {
    if let window { return window.contains(event.position.value) }
    return event.subjectID == subject
  }

  /// The revisions that a claim rests on, from the first to the last of them.
  init(
    _ claim: Claim, of version: VersionID, in reader: LedgerReader, asOf size: LedgerSize
  ) throws {
    subject = version.subject
    (self.claim, self.version) = (claim, version)
    let all = try BundlePart.revisions(of: version.subject, in: reader, asOf: size)
    var asked = ClaimCase(version, claim, isComplete: false)
    let corrections = try BundlePart.corrections(claim, in: reader, asOf: size)
    for position in (all + corrections).sorted() {
      try BundlePart.read(position, in: reader, into: &asked)
    }
    if case .inProductionAt(let moment) = claim {
      // As of a moment is just after the last event of the whole log that was recorded by then.
      let then = try reader.read { (snapshot) throws(ReadingError) in
        try snapshot.size(asOf: moment)
      }
      asked.seen = then.value == 0 ? nil : Position(then.value - 1)
    }
    let judged = asked.judge(claim)
    if !judged.contradictions.isEmpty { throw BundleFailure.untrue(judged.contradictions) }
    if let missing = judged.missing { throw BundleFailure.notProvable(missing) }
    var rests = judged.rests
    if let seen = asked.seen, let next = all.first(where: { $0 > seen }) { rests.append(next) }
    guard let first = rests.min(), let last = rests.max(),
      let from = all.firstIndex(of: first), let to = all.lastIndex(of: last)
    else { throw BundleFailure.nothing }
    try take(Array(all[from...to]), firstRevision: UInt64(from), in: reader, asOf: size)
    positions = Set(positions + corrections).sorted()
    var shown = ClaimCase(version, claim, isComplete: false)
    for position in positions { try BundlePart.read(position, in: reader, into: &shown) }
    let again = shown.judge(claim)
    guard again.contradictions.isEmpty, again.missing == nil else {
      throw BundleFailure.notProvable(
        "the clock was corrected after \(asked.seen.map { "#\($0.value)" } ?? "the beginning"), and "
          + "times alone do not tell what came before what")
    }
  }

  /// Where clocks were corrected, for the claim that rests on times.
  private static func corrections(
    _ claim: Claim, in reader: LedgerReader, asOf size: LedgerSize
  ) throws -> [Position] {
    guard case .inProductionAt = claim else { return [] }
    var positions: [Position] = []
    try reader.read { (snapshot) throws(ReadingError) in
      try snapshot.forEachPosition(of: .clockCorrected, asOf: size) {
        (position) throws(ReadingError) in
        positions.append(position)
        return true
      }
    }
    return positions
  }

  private static func read(
    _ position: Position, in reader: LedgerReader, into asked: inout ClaimCase
  ) throws {
    let (event, reason) = try reader.read { (snapshot) throws(ReadingError) in
      let event = try snapshot.event(at: position)
      return (event, try snapshot.text(of: event).string(.reason))
    }
    asked.take(event, reason: reason)
  }

  private static func revisions(
    of subject: SubjectID, in reader: LedgerReader, asOf size: LedgerSize
  ) throws -> [Position] {
    var positions: [Position] = []
    try reader.read { (snapshot) throws(ReadingError) in
      try snapshot.forEachPosition(of: subject, asOf: size) { (position) throws(ReadingError) in
        positions.append(position)
        return true
      }
    }
    return positions
  }

  /// Takes these events, and those by which their signatures can be checked.
  private mutating func take(
    _ events: [Position], firstRevision: UInt64?, in reader: LedgerReader, asOf size: LedgerSize
  ) throws {
    guard !events.isEmpty else { return }
    revisions = firstRevision.map { $0...$0 + UInt64(events.count) - 1 }
    var signers: Set<ActorID> = []
    for (index, position) in events.enumerated() {
      let event = try reader.read { (snapshot) throws(ReadingError) in
        try snapshot.event(at: position)
      }
      // Nothing is given out because an index says that it belongs here.
      if let firstRevision, let subject {
        guard event.subjectID == subject, event.revision?.value == firstRevision + UInt64(index)
        else {
          throw ReadingError(
            .rowDamaged("event #\(position.value) is not the revision that the index says"),
            "exporting \(subject)")
        }
      }
      if event.fact.signature != nil { signers.insert(event.actor.person) }
    }
    var beside: Set<Position> = [Position(0)]
    try reader.read { (snapshot) throws(ReadingError) in
      try snapshot.forEachPosition(of: .keyRotated, asOf: snapshot.size) {
        (position) throws(ReadingError) in
        beside.insert(position)
        return true
      }
      guard !signers.isEmpty else { return }
      for type in [FactCode.memberGranted, .memberRevoked] {
        try snapshot.forEachPosition(of: type, asOf: size) { (position) throws(ReadingError) in
          switch try snapshot.event(at: position).fact {
          case .memberGranted(let fact) where signers.contains(fact.member): beside.insert(position)
          case .memberRevoked(let fact) where signers.contains(fact.member): beside.insert(position)
          default: break
          }
          return true
        }
      }
    }
    positions = Set(events).union(beside).sorted()
  }
}

extension BundleMaker {
  /// The events of a part, each with the proof that the checkpoint covers it.
  mutating func writePart(_ part: BundlePart) throws {
    let lines = try folder.open("events.jsonl")
    let erasures = try reader.read { (snapshot) throws(ReadingError) in try Erasures(snapshot) }
    for (index, position) in part.positions.enumerated() where position.value < head.size.value {
      let (event, words) = try writeEvent(
        at: position, to: lines, proof: "proofs", under: head.checkpoint, erasures,
        telling: part.tells)
      switch words {
      case .erased: summary.erased += 1
      case .gone:
        summary.missing += 1
        if summary.firstMissing == nil { summary.firstMissing = position }
      case .asTheyAre: break
      }
      summary.events += 1
      noteLists(of: event)
      try writeSignature(of: event)
      progress(UInt64(index + 1), UInt64(part.positions.count))
    }
    try folder.close(lines)
    try writeLater(beside: part)
  }

  enum WordsState { case asTheyAre, erased, gone }

  /// Writes the line of an event, and the proof that a checkpoint covers it into the folder `proof`;
  /// with its words, where `isTold` says so.
  func writeEvent(
    at position: Position, to lines: BundleFile, proof path: String,
    under checkpoint: VerifiedCheckpoint, _ erasures: Erasures, telling isTold: (Event) -> Bool
  ) throws -> (Event, WordsState) {
    let (event, line, proof, words) = try reader.read {
      (snapshot) throws(ReadingError) -> (Event, [UInt8], InclusionProof, WordsState) in
      try BundleMaker.read(position, in: snapshot, under: checkpoint, erasures, telling: isTold)
    }
    try lines.write(line + [0x0A])
    let note = try UnverifiedCheckpoint(checkpoint.note.bytes)
    try folder.write(
      "\(path)/\(position.value).tlog-proof",
      UnverifiedProofFile(proof: proof, checkpoint: note).bytes)
    return (event, words)
  }

  private static func read(
    _ position: Position, in snapshot: Snapshot, under checkpoint: VerifiedCheckpoint,
    _ erasures: Erasures, telling isTold: (Event) -> Bool
  ) throws(ReadingError) -> (Event, [UInt8], InclusionProof, WordsState) {
    let operation = "exporting event #\(position.value)"
    let leaf = try snapshot.leafBytes(at: position)
    let event = try leaf.withUnsafeBufferPointer { (bytes) throws(ReadingError) in
      try Snapshot.decode(UnsafeRawBufferPointer(bytes), at: position)
    }
    let proof = try snapshot.inclusionProof(of: position, in: LedgerSize(checkpoint.size))
    do throws(ProofError) {
      try checkpoint.verify(proof, of: MerkleTree.leafHash(of: leaf))
    } catch {
      throw ReadingError(.leafAltered(position), operation)
    }
    var disclosure: [UInt8]?
    var words = WordsState.asTheyAre
    if let digest = event.text, isTold(event) {
      disclosure = try snapshot.disclosure(at: position)
      if let disclosure {
        guard Digest(MerkleTree.sha256(disclosure)) == digest else {
          throw ReadingError(.textAltered(position), operation)
        }
      } else {
        words = erasures.erasure(of: position, job: event.job) == nil ? .gone : .erased
      }
    }
    do throws(CodecError) {
      let line = try FullForm.encode(
        leaf: leaf, disclosure: disclosure, erased: words == .erased)
      return (event, line, proof, words)
    } catch {
      throw ReadingError(.textAltered(position), operation)
    }
  }
}
