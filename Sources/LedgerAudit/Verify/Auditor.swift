// SPDX-License-Identifier: Apache-2.0
// LedgerAudit/Verify — reads a whole ledger, computes all of it again from its leaves, compares.
// Reads: the ledger's directory. Never: writes, network, clock; the stored views as a source.
// Invariant: a report counts every difference; one finding never hides the next.
// Start at: Auditor.audit(_:). The tool runs it in a child process: VerifyParent. Memory grows with
// the number of entities, not of events. Tests: VerifyTests and TamperTests in LedgerAuditTests.

import LMDB
import LedgerDomain
import LedgerReading
import Transparency

/// Verifies a ledger.
public final class Auditor {
  /// How deep a verification looks.
  public enum Depth: Sendable {
    /// Leaves, tree, head and checkpoints.
    case tree
    /// The words of events as well: all that cannot be made again from something else.
    case texts
    /// Everything: also what is derived from events, and the stored files.
    case everything
  }

  /// What to verify.
  public struct Options: Sendable {
    /// A checkpoint that somebody kept: the bytes of the signed note.
    public var against: [UInt8]?
    /// Whether the stored files that events name are read and hashed.
    public var checksArtifacts = true
    /// How deep it looks.
    public var depth: Depth
    /// A key of this ledger that somebody trusts: its vkey, or its fingerprint.
    public var key: String?
    /// Gathers the members.
    public init(
      against: [UInt8]? = nil, key: String? = nil, checksArtifacts: Bool = true,
      depth: Depth = .everything
    ) {
      self.against = against
      self.key = key
      self.checksArtifacts = checksArtifacts
      self.depth = depth
    }
    /// Whether nothing is looked at that is derived from events.
    var isQuick: Bool { depth != .everything }
  }

  /// What is told while it works.
  public enum Note: Sendable {
    /// A finding; see ``AuditReport/findings`` for how many are told.
    case finding(Finding)
    /// How far it is with what.
    case progress(String, done: UInt64, of: UInt64)
  }

  let directory: LedgerDirectory
  let identity: LedgerIdentity
  let source: LedgerSource
  let options: Options
  let tell: (Note) -> Void
  private let namespace: NamespaceLock

  var report = AuditReport()
  var log: FindingLog
  var head = Head.empty
  /// How many events are verified: the head's size when it began.
  var size: UInt64 = 0
  /// Stands for a size that could not be read.
  static let unknown = UInt64.max >> 1

  /// The note of the last signed checkpoint, as it was before the head was read.
  var storedCheckpoint: [UInt8]?

  // What the events say, as far as they were read.
  var folder = ViewFolder()
  var erasures = Erasures()
  var repeatedErasures = RepeatedErasures()
  /// Files that events name after their erasure: made again.
  var namedAgain: Set<Digest> = []
  var tree = TreeBuilder()
  var runs = LogRunTracker()
  var revisions: [SubjectID: UInt64] = [:]
  var lastTime: Timestamp?
  var missingTexts = MissingTexts()
  var artifacts: [ArtifactList] = []
  var rotations: [(Position, KeyRotated)] = []
  var receipts: [ReadReceipt] = []
  var comparedReceipts: [AuditReport.ComparedCheckpoint] = []
  /// The keys of witnesses that any policy named.
  var witnesses: [CosignerKey] = []
  /// The keys that the events introduce; nil when the first cannot be read.
  var keys: KeyChain?
  /// Whether nobody named a key, or it is one of these.
  var isKeyTrusted = true
  /// Where the index says that the key was rotated: what both keys signed there is a size and a root.
  var rotationSizes: [UInt64] = []
  /// How many entries of each table the events ask for and were found.
  var found = TableCounts()

  private init(
    directory: LedgerDirectory, identity: LedgerIdentity, source: LedgerSource,
    namespace: consuming NamespaceLock, options: Options, log: FindingLog,
    tell: @escaping (Note) -> Void
  ) {
    self.directory = directory
    self.identity = identity
    self.source = source
    self.namespace = namespace
    self.options = options
    self.log = log
    self.tell = tell
  }

  /// Verifies the ledger at a path as it is now; appends meanwhile are left out.
  ///
  /// Damage is in the report. Throws ``ReadingError`` for what is no damage: no ledger there, one
  /// of a stranger, no right to read it. Pages of a damaged database may end the process by a
  /// signal: see ``VerifyParent``.
  public static func audit(
    _ path: String, options: Options = Options(), tell: @escaping (Note) -> Void = { _ in }
  ) throws -> AuditReport {
    var findings: [Finding] = []
    var log = FindingLog { finding in
      findings.append(finding)
      tell(.finding(finding))
    }
    var report = AuditReport()
    if let auditor = try open(path, options, &log, tell) {
      try auditor.refuseNewerViews()
      try auditor.run()
      report = auditor.report
      log = auditor.log
      try? auditor.source.environment.close()
    }
    report.findings = findings
    report.findingCount = log.counts.values.reduce(0, +)
    return report
  }

  private static func open(
    _ path: String, _ options: Options, _ log: inout FindingLog, _ tell: @escaping (Note) -> Void
  ) throws -> Auditor? {
    let operation = "opening the ledger at \(path)"
    do throws(DirectoryError) {
      let directory = try LedgerDirectory.open(path)
      switch try PoisonState.read(directory) {
      case .clear: break
      case .poisoned(let mark):
        log.add(
          .poisoned, nil,
          "a write failed with an unknown outcome (\(mark.operation), error \(mark.error), at "
            + "\(mark.time)); run 'jobledger doctor'")
      case .unreadable:
        log.add(.poisoned, nil, "the mark in 'door' is torn; run 'jobledger doctor'")
      }
      let namespace = try NamespaceLock(directory)
      let identity = try LedgerIdentity.read(directory)
      try directory.checkGeneration(identity.generation)
      guard
        let source = openTables(
          directory, identity, hasLock: namespace.isHeld, log: &log)
      else { return nil }
      return Auditor(
        directory: directory, identity: identity, source: source, namespace: namespace,
        options: options, log: log, tell: tell)
    } catch {
      guard error.code == .damaged || error.code == .behind else {
        throw ReadingError(.directory(error), operation)
      }
      log.add(.directory, nil, "\(error.path): \(error.reason)")
      return nil
    }
  }

  /// Rows of a newer program would all be told as wrong.
  private func refuseNewerViews() throws(ReadingError) {
    let made = try? source.read { (snapshot) throws(ReadingError) in snapshot.head.reducer }
    if let made, made > Reducer.version {
      throw ReadingError(.newerViews(made), "verifying the ledger at \(directory.path)")
    }
  }

  private static func openTables(
    _ directory: LedgerDirectory, _ identity: LedgerIdentity, hasLock: Bool,
    log: inout FindingLog
  ) -> LedgerSource? {
    var options = Environment.Options()
    options.maximumTables = Tables.names.count + 4
    options.readOnly = true
    options.noLock = !hasLock
    do throws(LMDBError) {
      let environment = try Environment.open(
        directory: directory.generationDirectory(identity.generation), options: options)
      do throws(LMDBError) {
        return LedgerSource(
          environment: environment, tables: try Tables.open(in: environment, create: false))
      } catch {
        let missing = Tables.names.filter {
          (try? environment.openTables([$0], create: false)) == nil
        }
        for name in missing {
          log.add(.table, nil, "the table '\(name)' cannot be opened (\(error))")
        }
        // All are there, and what the head says of their version cannot be read.
        if missing.isEmpty { log.add(.head, nil, "the head of the log cannot be read: \(error)") }
        try? environment.close()
        return nil
      }
    } catch {
      log.add(.unreadable, nil, "the database cannot be opened: \(error)")
      return nil
    }
  }

  // MARK: The order of work

  private func run() throws {
    readCheckpoint()
    readReceipts()
    do throws(ReadingError) {
      try source.read { (snapshot) throws(ReadingError) in
        head = snapshot.head
        size = head.size.value
        try checkEnds(snapshot)
      }
    } catch {
      // Without a head there is no size; the leaves are read as far as they go.
      log.add(.head, nil, "the head of the log cannot be read: \(error)")
      size = Auditor.unknown
    }
    if head.size.value == size { report.size = head.size }
    readRotationSizes()
    tree.expect(sizes: checkpointSizes())
    report.depth = options.depth
    step { try checkEvents() }
    // Where the last leaves are missing, or the head was changed, nothing is derived from them.
    size = min(size, tree.next)
    checkHead()
    if options.depth != .tree { step { try checkTexts() } }
    step { try checkTree() }
    if !options.isQuick {
      step { try checkTables() }
      checkIdentity()
    }
    checkKeys()
    checkCheckpoints()
    if options.checksArtifacts, !options.isQuick { checkArtifacts() }
    report.root = tree.root
  }

  /// Runs one part; a page that cannot be read ends that part and no other.
  private func step(_ body: () throws -> Void) {
    do {
      try body()
    } catch let error as ReadingError {
      log.add(.unreadable, nil, "\(error)")
    } catch {
      log.add(.unreadable, nil, "\(error)")
    }
  }

  /// Looks for what stands beyond the head that was read with it.
  private func checkEnds(_ snapshot: Snapshot) throws(ReadingError) {
    for (name, table) in [
      ("leaf", snapshot.tables.leaves), ("text", snapshot.tables.texts),
    ] {
      try snapshot.loan.withCursor(table) { (cursor) throws(ReadingError) in
        guard let last = try moving({ () throws(LMDBError) in try cursor.last() }) else { return }
        guard let key = BigEndianKey(last.key)?.number else {
          return log.add(.table, nil, "a \(name)'s key is no position")
        }
        if key >= size {
          log.add(
            .beyondHead, key, "a \(name) stands at #\(key), and the head says size \(size)")
        }
      }
    }
  }

  func progress(_ what: String, _ done: UInt64, _ total: UInt64) {
    tell(.progress(what, done: done, of: total))
  }
}

/// How many entries of each table were found that the events ask for.
struct TableCounts {
  var types: UInt64 = 0
  var jobs: UInt64 = 0
  var revisions: UInt64 = 0
  var logs: UInt64 = 0
  var requests: UInt64 = 0
  var rows: UInt64 = 0
  var words: UInt64 = 0
}

extension TableCounts {
  mutating func add(_ other: TableCounts) {
    types += other.types
    jobs += other.jobs
    revisions += other.revisions
    logs += other.logs
    requests += other.requests
    rows += other.rows
    words += other.words
  }
}
