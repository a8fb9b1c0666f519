// SPDX-License-Identifier: Apache-2.0
// LedgerAudit/Bundle — folders that a stranger verifies: of a whole ledger, a subject, or a claim.
// Reads: leaves, texts, tree, lists of files, the last checkpoint, the log's key to sign the digests.
// Never: the ledger written; a leaf or a word of another subject in a part; a folder half made.
// Invariant: what is given out was held against the checkpoint it is given out under.
// Start at: BundleMaker.make, BundleVerifier.verify. Tests: BundleTests and its neighbours.

import LedgerCodec
public import LedgerDomain
public import LedgerReading
import Transparency

/// Makes a bundle.
public struct BundleMaker {
  /// What is asked for.
  public struct Order: Sendable {
    /// One subject's events; nil for all.
    public var subject: SubjectID?
    /// What is claimed of a version: the events that show it.
    public var claim: (claim: Claim, version: VersionID)?
    /// As of when; nil for all that the checkpoint covers.
    public var size: LedgerSize?
    /// The signed note of the checkpoint to use; nil for the ledger's last one.
    public var checkpoint: [UInt8]?
    /// Where the window begins: only events from this size on; 0 for all.
    public var from = LedgerSize(0)
    /// The signed note of an older checkpoint, to be proved the beginning of the same history.
    public var since: [UInt8]?
    /// The name and version of the program, as its report tells it.
    public var tool = "jobledger-replay"
    /// Asks for the whole ledger.
    public init() {}
  }

  /// What a bundle holds.
  public struct Summary: Equatable, Sendable {
    /// `whole`, `window` (all events of one), `subject` (all, or in a window) or `claim`.
    public var kind = "whole"
    /// The subject; nil for the whole ledger.
    public var subject: SubjectID?
    /// The claim that it shows, as it is written, and of which version.
    public var claim: String?
    /// The version that the claim is about.
    public var version: VersionID?
    /// The name of the ledger in proofs.
    public var origin = ""
    /// Number of events that its checkpoint covers.
    public var size = LedgerSize(0)
    /// Root of the tree over them.
    public var root = ""
    /// As of when its events are; less than `size` only in a part.
    public var asOf = LedgerSize(0)
    /// Where its window begins; nil where it has all from the beginning.
    public var from: LedgerSize?
    /// How many events are in it.
    public var events: UInt64 = 0
    /// The subject's revisions, both ends included.
    public var revisions: ClosedRange<UInt64>?
    /// How many of their texts were erased.
    public var erased: UInt64 = 0
    /// How many of their texts are gone though no erasure names them.
    public var missing: UInt64 = 0
    /// The first of those.
    public var firstMissing: Position?
    /// How many lists of files are in it.
    public var lists: UInt64 = 0
    /// How many lists are gone though no erasure names them.
    public var missingLists: UInt64 = 0
    /// How many signed decisions.
    public var signatures: UInt64 = 0
    /// Size of the older checkpoint that a proof of consistency leads from.
    public var since: LedgerSize?
    /// Why the list of digests is not signed; nil when it is.
    public var whyUnsigned: String?
    /// How many erasures of them, and rotations of the key, came after the checkpoint and are in it.
    public var proofsOfLater: UInt64 = 0
    /// How many events came after the checkpoint.
    public var later: UInt64 = 0

    /// Whether nothing is missing that should be there.
    public var isComplete: Bool { missing == 0 && missingLists == 0 }
  }

  let reader: LedgerReader
  let order: Order
  let head: BundleHead
  let folder: BundleFolder
  let progress: (UInt64, UInt64) -> Void
  var summary = Summary()
  var lists: [Digest] = []

  /// Makes the folder `output`, which must not exist; on an error nothing of it is left.
  ///
  /// Throws ``BundleFailure``, `ReadingError` where the ledger is damaged, and `DirectoryError`
  /// (`cannotCreate` where `output` exists). Memory is bounded but for the positions of a part and
  /// the list of files. `progress` gets the number of events done, and of all.
  public static func make(
    _ order: Order, of reader: LedgerReader, at output: String,
    progress: @escaping (UInt64, UInt64) -> Void = { _, _ in }
  ) throws -> Summary {
    let isWhole = order.subject == nil && order.claim == nil && order.from.value == 0
    let exactly: LedgerSize?
    if let note = order.checkpoint {
      exactly = LedgerSize(try LedgerKeys(reader).verified(note).size)
    } else {
      exactly = isWhole ? order.size : nil
    }
    let head = try BundleHead.find(in: reader, exactly: exactly, kept: order.checkpoint)
    let asOf = order.size ?? head.size
    guard asOf <= head.size else {
      throw BundleFailure.notCovered(asOf, checkpoint: head.size)
    }
    guard order.from <= asOf else { throw BundleFailure.backwards(order.from, asOf) }
    var part: BundlePart?
    if let claim = order.claim {
      part = try BundlePart(claim.claim, of: claim.version, in: reader, asOf: asOf)
    } else if let subject = order.subject {
      part = try BundlePart(subject, in: reader, from: order.from, asOf: asOf)
    } else if !isWhole {
      part = try BundlePart(in: reader, from: order.from, asOf: asOf)
    }
    if part?.positions.isEmpty ?? (asOf.value == 0) { throw BundleFailure.nothing }
    var maker = BundleMaker(
      reader: reader, order: order, head: head, folder: try BundleFolder(output),
      progress: progress)
    maker.summary.origin = head.checkpoint.origin.description
    maker.summary.size = head.size
    maker.summary.root = head.checkpoint.root.base64
    maker.summary.asOf = asOf
    maker.summary.from = order.from.value == 0 ? nil : order.from
    maker.summary.whyUnsigned = head.whyUnsigned
    let atHead = try reader.read { (snapshot) throws(ReadingError) in snapshot.size }
    if order.size == nil { maker.summary.later = atHead.value - head.size.value }
    try maker.fill(part)
    try maker.seal()
    return maker.summary
  }

  private mutating func fill(_ part: BundlePart?) throws {
    try folder.write("checkpoint", head.checkpoint.note.bytes)
    try folder.write("vkey", Array("\(head.vkey)\n".utf8))
    let texts: String
    if let part {
      summary.kind = part.claim != nil ? "claim" : part.subject != nil ? "subject" : "window"
      summary.subject = part.subject
      summary.claim = part.claim?.written
      summary.version = part.version
      summary.revisions = part.revisions
      try writePart(part)
      texts = "proofs"
    } else {
      try writeWhole()
      texts = "tiles"
    }
    try writeSince()
    try writeArtifacts()
    if let part, part.claim != nil {
      try ClaimReport(summary, of: part, reader).write(to: folder)
    } else {
      try writeReport(of: part)
    }
    try folder.write(
      "README.txt", Array(BundleReadme.text(summary, vkey: head.vkey, with: texts).utf8))
  }

  private mutating func seal() throws {
    let sums = folder.sumsText()
    try folder.write("SHA256SUMS", sums)
    if let signer = head.signer {
      try folder.write("SHA256SUMS.note", try SignedNote.sign(sums, by: [signer]))
    }
    try folder.finish()
  }

  private mutating func writeSince() throws {
    guard let note = order.since else { return }
    let older = try LedgerKeys(reader).verified(note)
    guard older.size <= head.size.value else {
      throw BundleFailure.keptBeyond(LedgerSize(older.size), bundle: head.size)
    }
    let proof = try BundleHead.prove(older, before: head.checkpoint, in: reader)
    let lines = proof.hashes.map { "\($0.base64)\n" }.joined()
    try folder.write("consistency/\(older.size)", Array(lines.utf8))
    summary.since = LedgerSize(older.size)
  }

  /// What a person signed: the very bytes, and the SSHSIG, as `ssh-keygen -Y` reads them.
  mutating func writeSignature(of event: Event) throws {
    guard let signature = event.fact.signature,
      let statement = SignedStatement.make(of: event, origin: Text(summary.origin))
    else { return }
    let name = "signatures/\(event.position.value)"
    try folder.write("\(name).statement", try CanonicalJSON.encode(.object(statement)))
    try folder.write("\(name).sig", Array(signature.armored.string.utf8))
    summary.signatures += 1
  }

  /// Notes the lists of files that an event names.
  mutating func noteLists(of event: Event) {
    switch event.fact {
    case .versionTrained(let fact), .versionImported(let fact):
      lists.append(fact.artifacts.digest)
    case .predictionCompleted(let fact), .runCompleted(let fact): lists.append(fact.outputs.digest)
    default: break
    }
  }

  /// `{digest: list}`, one list in memory at a time.
  private mutating func writeArtifacts() throws {
    let blobs = BlobReader(reader.directory)
    let erasures = try reader.read { (snapshot) throws(ReadingError) in try Erasures(snapshot) }
    let file = try folder.open("artifacts.json")
    try file.write(Array("{".utf8))
    var previous: Digest?
    for digest in lists.sorted(by: { $0.words < $1.words }) where digest != previous {
      previous = digest
      guard erasures.artifacts[digest] == nil else { continue }
      guard let list = blobs.read(digest), (try? CanonicalJSON.decode(list).array) != nil else {
        summary.missingLists += 1
        continue
      }
      try file.write(Array("\(summary.lists > 0 ? "," : "")\"\(digest)\":".utf8) + list)
      summary.lists += 1
    }
    try file.write(Array("}".utf8))
    try folder.close(file)
  }
}
