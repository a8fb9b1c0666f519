// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

@testable import LedgerStorage

/// A closed ledger of a random history, backups of it, and what is restored from them.
struct BackupSite {
  let store: HistoryStore
  var folder: TemporaryFolder { store.folder }
  var file: String { folder.file("backup.tar") }
  var place: String { folder.file("restored") }
  let clock: LedgerClock

  init(seed: UInt64 = 1, length: Int = 300) throws {
    store = try HistoryStore(HistoryGenerator.history(seed: seed, length: length))
    for step in store.steps { try store.play(step) }
    let head = try store.ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.head }
    store.close()
    let later = Timestamp(microseconds: head.lastTime.microseconds + 3_600_000_000)
    clock = LedgerClock {
      ClockReading(time: later, boot: "later", bootMicroseconds: 1)
    }
  }

  /// A backup of it, verified by an auditor in this process.
  @discardableResult
  func backUp(
    _ file: String? = nil, includesSigningKey: Bool = true, replaces: Bool = false
  ) throws(BackupError) -> Backup.Made {
    try Backup.make(
      of: store.path, to: file ?? self.file,
      options: Backup.Options(
        includesSigningKey: includesSigningKey, replaces: replaces, tool: "jobledger/test",
        clock: clock)
    ) { (copy) throws(BackupError) in
      let options = Auditor.Options(checksArtifacts: false)
      let report = try? Auditor.audit(copy, options: options)
      #expect(report?.findings == [])
    }
  }

  /// Unpacks a backup beside a place.
  func restoration(
    _ file: String? = nil, to place: String? = nil, signingKey: [UInt8]? = nil
  ) throws(BackupError) -> Restoration {
    try Restoration(
      from: file ?? self.file, to: place ?? self.place, signingKey: signingKey,
      options: Restoration.Options(clock: clock))
  }

  /// Restores a backup, and returns what was recorded.
  @discardableResult
  func restore(
    _ file: String? = nil, to place: String? = nil, later: LaterHistory? = nil
  ) throws(BackupError) -> Restoration.Recorded {
    let restoration = try restoration(file, to: place)
    let recorded = try restoration.record(
      Restoration.Record(actor: .olga, reason: "the disk died", later: later))
    try restoration.publish()
    return recorded
  }

  /// The size and root of a ledger.
  static func head(_ path: String) throws -> (size: LedgerSize, root: MerkleHash) {
    let reader = try LedgerReader.open(path)
    defer { reader.close() }
    return try reader.read { (snapshot) throws(ReadingError) in
      (snapshot.size, snapshot.head.frontier.root())
    }
  }

  /// Puts a stored file into the ledger; its digest.
  func putBlob(_ bytes: [UInt8]) -> Digest {
    let digest = Digest(MerkleTree.sha256(bytes))
    let directory = LedgerDirectory(unchecked: store.path, sharing: .owner)
    let path = directory.blobFile(digest)
    mkdir(directory.blobsDirectory + "/sha256", 0o700)
    mkdir(DurableFile.parent(of: path), 0o700)
    TemporaryFolder.write(bytes, to: path)
    return digest
  }
}

/// Backups, and what is restored from them, in one process.
@Suite struct BackupTests {
  @Test(arguments: UInt64(0)..<4)
  func `what is restored has every table of the ledger, and one event more`(seed: UInt64) throws {
    let site = try BackupSite(seed: 700 + seed)
    let blob = site.putBlob(Array("weights".utf8))
    let before = try dump(site.store.path + "/db/1")
    let (size, root) = try BackupSite.head(site.store.path)
    let made = try site.backUp()
    #expect(made.manifest.size == size)
    #expect(made.manifest.root == root)
    #expect(made.manifest.checkpoint == size)
    #expect(made.unsigned.isEmpty)
    #expect(made.blobs == 1)
    let recorded = try site.restore()
    #expect(recorded.restored.position == Position(size.value))
    #expect(
      recorded.restored.fact
        == .ledgerRestored(LedgerRestored(size: size, root: Digest(root))))
    // Of another generation, so that who has the old one open never takes it for this.
    let after = try dump(site.place + "/db/2")
    for name in Tables.names where name != "head" {
      let old = before[name] ?? []
      let new = after[name] ?? []
      #expect(Set(old).isSubset(of: Set(new)), "the table '\(name)'")
    }
    #expect(after["leaves"]?.count == before["leaves"].map { $0.count + 1 })
    #expect(after["rows-1"] == before["rows-1"], "a restoration changes no view")
    let stored = LedgerDirectory(unchecked: site.place, sharing: .owner).blobFile(blob)
    #expect(TemporaryFolder.read(stored) == Array("weights".utf8))
    try checkWholeLedger(site.place)
    #expect(TemporaryFolder.names(in: site.folder.path) == ["backup.tar", "ledger", "restored"])
  }

  @Test
  func `a restored ledger goes on: same identity, request keys that still hold, a checkpoint`()
    throws
  {
    let site = try BackupSite(seed: 11)
    try site.store.reopen()
    let asked = Submission(
      Actor.alice.asks(.addProject(Name("once")!, text: EventText())),
      request: (RequestKey("k/1")!, [1]))
    guard case .accepted(let first) = site.store.ledger.append(asked) else {
      Issue.record("not accepted")
      return
    }
    site.store.close()
    try site.backUp()
    try site.restore()
    let (old, new) = (
      try LedgerIdentity.read(LedgerDirectory.open(site.store.path)),
      try LedgerIdentity.read(LedgerDirectory.open(site.place))
    )
    #expect(old.id == new.id && old.origin == new.origin && old.vkey == new.vkey)
    let ledger = try Ledger.open(site.place, options: Ledger.Options(clock: site.clock))
    #expect(ledger.append(asked) == .duplicate(first))
    guard case .signed(let note, let size) = ledger.signCheckpoint() else {
      Issue.record("not signed")
      return
    }
    ledger.close()
    let kept = try UnverifiedCheckpoint(note).unchecked
    #expect(kept.size == size.value)
    try checkWholeLedger(site.place)
  }

  @Test func `a backup without the signing key asks for it, and signs once it is given`() throws {
    let site = try BackupSite(seed: 12)
    let key = try #require(TemporaryFolder.read(site.store.path + "/keys/log"))
    let made = try site.backUp(includesSigningKey: false)
    #expect(!made.manifest.hasSigningKey)
    #expect(!(TemporaryFolder.read(site.file) ?? []).contains(subsequence: key))
    try site.restore()
    #expect(TemporaryFolder.names(in: site.place + "/keys") == ["request"])
    let ledger = try Ledger.open(site.place, options: Ledger.Options(clock: site.clock))
    if case .signed = ledger.signCheckpoint() { Issue.record("signed without a key") }
    ledger.close()
    let second = site.folder.file("second")
    let restoration = try site.restoration(to: second, signingKey: key)
    _ = try restoration.record(Restoration.Record(actor: .olga))
    try restoration.publish()
    let other = try Ledger.open(second, options: Ledger.Options(clock: site.clock))
    guard case .signed = other.signCheckpoint() else {
      Issue.record("not signed")
      return
    }
    other.close()
    try checkWholeLedger(second)
  }

  @Test func `a poisoned ledger is backed up with the checkpoint that it has`() throws {
    let site = try BackupSite(seed: 13)
    let signed = try #require(TemporaryFolder.read(site.store.path + "/checkpoint"))
    let door = try Door(LedgerDirectory.open(site.store.path))
    try door.poison(
      PoisonMark(time: site.clock.read().time, operation: "commit", error: EIO, pid: 1))
    let made = try site.backUp()
    #expect(made.isPoisoned)
    #expect(made.manifest.checkpoint?.value == (try UnverifiedCheckpoint(signed).unchecked.size))
    try site.restore()
    // What is restored was read as a whole: it is in no doubt.
    #expect(try PoisonState.read(LedgerDirectory.open(site.place)) == .clear)
    try checkWholeLedger(site.place)
  }

  @Test func `a stored file that is missing or damaged is told, and the rest is backed up`() throws
  {
    let site = try BackupSite(seed: 14)
    let (good, bad) = (site.putBlob([1, 2, 3]), site.putBlob([4, 5, 6]))
    let directory = LedgerDirectory(unchecked: site.store.path, sharing: .owner)
    TemporaryFolder.write([4, 5, 7], to: directory.blobFile(bad))
    let made = try site.backUp()
    #expect(made.damaged == [bad])
    #expect(made.blobs == 1)
    // Generated events name files that no runner made.
    #expect(!made.missing.isEmpty)
    #expect(!made.missing.contains(good))
    try site.restore()
    let restored = LedgerDirectory(unchecked: site.place, sharing: .owner)
    #expect(TemporaryFolder.read(restored.blobFile(good)) == [1, 2, 3])
    #expect(TemporaryFolder.read(restored.blobFile(bad)) == nil)
  }

  @Test func `what anchors answered comes along, up to the size of the backup`() throws {
    let site = try BackupSite(seed: 20, length: 60)
    let anchor = "a" + String(repeating: "b", count: 62)
    let folder = site.store.path + "/receipts"
    for path in [folder, "\(folder)/\(anchor)", "\(folder)/witness"] { mkdir(path, 0o700) }
    let size = try BackupSite.head(site.store.path).size.value
    for name in ["\(size).checkpoint", "7.tsr", "\(size + 1).checkpoint", "state", "x.y"] {
      for place in [anchor, "witness"] {
        TemporaryFolder.write(Array("\(place) \(name)".utf8), to: "\(folder)/\(place)/\(name)")
      }
    }
    try site.backUp()
    try site.restore()
    for place in [anchor, "witness"] {
      let restored = "\(site.place)/receipts/\(place)"
      #expect(TemporaryFolder.names(in: restored) == ["\(size).checkpoint", "7.tsr"].sorted())
      #expect(TemporaryFolder.read(restored + "/7.tsr") == Array("\(place) 7.tsr".utf8))
    }
    let listed = try PythonOracle.run(
      "import sys, tarfile; print(*tarfile.open(sys.stdin.read().strip()).getnames()[-5:-1])",
      input: Array(site.file.utf8))
    #expect(
      String(decoding: listed, as: UTF8.self).contains("receipts/\(anchor)/\(size).checkpoint"))
  }

  @Test func `a file of that name is left alone, and replaced only when that is asked for`() throws
  {
    let site = try BackupSite(seed: 15, length: 40)
    TemporaryFolder.write([7], to: site.file)
    #expect(status { () throws(BackupError) in try site.backUp() } == 73)
    #expect(TemporaryFolder.read(site.file) == [7])
    try site.backUp(replaces: true)
    #expect((TemporaryFolder.read(site.file) ?? []).count > 4096)
    var found = stat()
    #expect(stat(site.file, &found) == 0 && found.st_mode & 0o7777 == 0o600)
    #expect(status { () throws(BackupError) in try site.backUp(site.store.path + "/b.tar") } == 73)
    #expect(TemporaryFolder.names(in: site.folder.path) == ["backup.tar", "ledger"])
  }

  @Test func `whoever died between link and unlink leaves a backup that the next does not cut`()
    throws
  {
    let site = try BackupSite(seed: 16, length: 40)
    try site.backUp()
    let bytes = TemporaryFolder.read(site.file)
    #expect(link(site.file, site.file + ".new") == 0)
    #expect(status { () throws(BackupError) in try site.backUp() } == 73)
    #expect(TemporaryFolder.read(site.file) == bytes)
    // The old one is whole until the new one takes its name: here verification refuses it.
    #expect(link(site.file, site.file + ".new") == 0 || errno == EEXIST)
    let refused = status { () throws(BackupError) in
      _ = try Backup.make(
        of: site.store.path, to: site.file,
        options: Backup.Options(replaces: true, tool: "test", clock: site.clock)
      ) { (copy) throws(BackupError) in throw BackupError(.findings(["leaf-missing"]), copy, "x") }
    }
    #expect(refused == 2)
    #expect(TemporaryFolder.read(site.file) == bytes)
  }

  @Test func `two backups to one name at a time: the second is told to wait`() throws {
    let site = try BackupSite(seed: 17, length: 40)
    let place = try BackupPlace(site.file, outside: site.store.path, replaces: false)
    #expect(status { () throws(BackupError) in try site.backUp() } == 75)
    _ = consume place
    try site.backUp()
  }

  @Test func `nothing is restored over a ledger or into a folder in use`() throws {
    let site = try BackupSite(seed: 18, length: 40)
    try site.backUp()
    #expect(status { () throws(BackupError) in try site.restore(to: site.store.path) } == 73)
    let folder = site.folder.file("full")
    mkdir(folder, 0o700)
    TemporaryFolder.write([1], to: folder + "/x")
    #expect(status { () throws(BackupError) in try site.restore(to: folder) } == 73)
    #expect(status { () throws(BackupError) in try site.restore(to: site.file) } == 73)
    #expect(
      status { () throws(BackupError) in try site.restore(to: site.store.path + "/db/9") } == 73)
    // An empty folder is as good as none.
    mkdir(site.place, 0o755)
    try site.restore()
    try checkWholeLedger(site.place)
  }

  @Test func `what an interrupted restoration left is removed by the next, unless one is at work`()
    throws
  {
    let site = try BackupSite(seed: 19, length: 40)
    try site.backUp()
    let left = site.place + ".restoring"
    do {
      let restoration = try site.restoration()
      #expect(status { () throws(BackupError) in try site.restore() } == 75)
      // Before the event is recorded it is no ledger to anybody.
      #expect(throws: ReadingError.self) { try LedgerReader.open(left) }
      _ = consume restoration
    }
    #expect(TemporaryFolder.names(in: left) == [])
    mkdir(left, 0o700)
    mkdir(left + "/db", 0o700)
    TemporaryFolder.write([1], to: left + "/db/data.mdb")
    #expect(status { () throws(BackupError) in try site.restore() } == 73)
    TemporaryFolder.write([], to: left + "/restoring")
    try site.restore()
    try checkWholeLedger(site.place)
    #expect(!TemporaryFolder.names(in: site.folder.path).contains("restored.restoring"))
  }
}

/// The exit code that a failure stands for, as the command line maps it; nil for none.
func status(_ body: () throws(BackupError) -> some Any) -> Int32? {
  do throws(BackupError) {
    _ = try body()
    return nil
  } catch {
    switch error.code {
    case .directory(let error): return error.code.exitCode
    case .storage: return 74
    case .malformed, .otherLedger: return 65
    case .newer: return 69
    case .otherHistory, .findings: return 2
    case .laterKnown: return 77
    case .unverified(let status): return status
    }
  }
}

extension [UInt8] {
  /// Whether these bytes occur somewhere.
  func contains(subsequence wanted: [UInt8]) -> Bool {
    guard let first = wanted.first, count >= wanted.count else { return wanted.isEmpty }
    return withUnsafeBufferPointer { bytes in
      (0...(bytes.count - wanted.count)).contains { at in
        bytes[at] == first && bytes[at..<(at + wanted.count)].elementsEqual(wanted)
      }
    }
  }
}
