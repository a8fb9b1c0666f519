// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

@testable import LedgerStorage

/// What is known of a ledger beyond its backup: later checkpoints, other histories, erasures.
@Suite struct RestorationTests {
  /// Appends projects until the ledger has grown; its checkpoint.
  private func grow(_ site: BackupSite, by count: Int, named prefix: String) throws -> [UInt8] {
    let ledger = try Ledger.open(site.store.path, options: Ledger.Options(clock: site.clock))
    defer { ledger.close() }
    for index in 0..<count {
      let outcome = ledger.append(
        Submission(Actor.alice.asks(.addProject(Name("\(prefix)-\(index)")!, text: EventText()))))
      guard case .accepted = outcome else { throw Grown(why: "\(outcome)") }
    }
    guard case .signed(let note, _) = ledger.signCheckpoint() else { throw Grown(why: "unsigned") }
    return note
  }

  private struct Grown: Error { var why: String }

  @Test func `checkpoints up to the backup agree with it, later ones are told, others refused`()
    throws
  {
    let site = try BackupSite(seed: 31, length: 60)
    let early = try grow(site, by: 3, named: "early")
    try site.backUp()
    let exact = try grow(site, by: 0, named: "exact")
    let late = try grow(site, by: 5, named: "late")
    let restoration = try site.restoration()
    let size = restoration.manifest.size
    for note in [early, exact] {
      #expect(
        try restoration.compare(note, from: "x") == KnownCheckpoint(size: size, isByKnownKey: true))
    }
    #expect(
      try restoration.compare(late, from: "x")
        == KnownCheckpoint(size: LedgerSize(size.value + 5), isByKnownKey: true))
    let key = try #require(TemporaryFolder.read(site.store.path + "/keys/log"))
    let signer = NoteSigner(
      name: try KeyName(restoration.manifest.origin), key: try SigningKey(rawRepresentation: key))
    let stranger = NoteSigner(
      name: try KeyName("example.org/other"), key: try SigningKey(rawRepresentation: key))
    let successor = NoteSigner(
      name: signer.name,
      key: try SigningKey(rawRepresentation: [UInt8](repeating: 7, count: 32)))
    func note(_ size: UInt64, by signer: NoteSigner) -> [UInt8] {
      Checkpoint(origin: signer.name, size: size, root: MerkleTree.sha256([1])).signed(by: signer)
    }
    func code(_ note: [UInt8]) -> Int32? {
      status { () throws(BackupError) in _ = try restoration.compare(note, from: "x") }
    }
    // Two continuations of one copy, and a past that somebody wrote anew.
    #expect(code(note(size.value, by: signer)) == 2)
    #expect(code(note(size.value - 1, by: signer)) == 2)
    #expect(code(note(1, by: stranger)) == 65)
    #expect(code(note(size.value, by: successor)) == 65)
    #expect(code(Array("no note".utf8)) == 65)
    var torn = late
    torn[torn.count - 10] ^= 1
    #expect(code(torn) == 65)
    // A later key is known to nobody but the later ledger: its size counts all the same.
    #expect(
      try restoration.compare(note(size.value + 9, by: successor), from: "x")
        == KnownCheckpoint(size: LedgerSize(size.value + 9), isByKnownKey: false))
  }

  @Test func `of two continuations of one backup each refuses the other's checkpoint`() throws {
    let site = try BackupSite(seed: 32, length: 60)
    try site.backUp()
    try site.restore()
    let (first, second) = (site.place, site.folder.file("second"))
    let restoration = try site.restoration(to: second)
    _ = try restoration.record(Restoration.Record(actor: .alice, reason: "another machine"))
    try restoration.publish()
    var notes: [[UInt8]] = []
    for path in [first, second] {
      let ledger = try Ledger.open(path, options: Ledger.Options(clock: site.clock))
      guard case .signed(let note, _) = ledger.signCheckpoint() else {
        Issue.record("unsigned")
        return
      }
      ledger.close()
      notes.append(note)
    }
    for (path, note) in [(first, notes[1]), (second, notes[0])] {
      let report = try Auditor.audit(
        path, options: Auditor.Options(against: note, checksArtifacts: false))
      #expect(report.findings.map(\.code) == [.checkpointRoot])
    }
    // Their common past is not in doubt.
    let past = try #require(TemporaryFolder.read(site.store.path + "/checkpoint"))
    for path in [first, second] {
      let report = try Auditor.audit(
        path, options: Auditor.Options(against: past, checksArtifacts: false))
      #expect(report.isOK)
    }
  }

  @Test(arguments: ["ledger", "export", "bundle"])
  func `what was erased after the backup is erased again, and nothing of it is in any file`(
    from source: String
  ) throws {
    let site = try BackupSite(seed: 33, length: 120)
    let canary = "canary-5e1b9c3f7a"
    let ledger = try Ledger.open(site.store.path, options: Ledger.Options(clock: site.clock))
    var places: [Position] = []
    for index in 0..<40 {
      let text = EventText([
        .path: .string(Text(index % 4 == 1 ? "/home/\(canary)-\(index)" : "/srv/\(index)"))
      ])
      guard
        case .accepted(let events) = ledger.append(
          Submission(Actor.alice.asks(.addProject(Name("canary-\(index)")!, text: text))))
      else {
        Issue.record("not accepted")
        return
      }
      if index % 4 == 1 { places.append(events[0].position) }
    }
    ledger.close()
    let blob = site.putBlob(Array("\(canary) in a file".utf8))
    let made = try site.backUp()
    #expect((TemporaryFolder.read(site.file) ?? []).contains(subsequence: Array(canary.utf8)))
    // The later history: erased there by hand, as far as this test needs it.
    let ranges = places.map { PositionRange(from: $0, to: $0) }
    try appendErasures(
      site,
      [
        .textErased(TextErased(ranges: ranges, basis: .gdpr17)),
        .artifactErased(ArtifactErased(digests: [blob], basis: .consent)),
      ])
    let from = try later(site, source)
    let history = try LaterHistory.read(from, after: made.manifest)
    #expect(history.erasures.map(\.reason) == ["as asked", "as asked"])
    let recorded = try site.restore(later: history)
    #expect(recorded.texts == UInt64(places.count))
    #expect(recorded.files == 1)
    #expect(
      recorded.erasures.map(\.fact) == [
        .textErased(TextErased(ranges: ranges, basis: .gdpr17)),
        .artifactErased(ArtifactErased(digests: [blob], basis: .consent)),
      ])
    #expect(recorded.erasures.allSatisfy { $0.cause == recorded.restored.position })
    for path in files(below: site.place) {
      let bytes = try #require(TemporaryFolder.read(path))
      #expect(!bytes.contains(subsequence: Array(canary.utf8)), "\(path)")
    }
    try checkWholeLedger(site.place)
    let head = try BackupSite.head(site.place)
    #expect(head.size.value == made.manifest.size.value + 3)
  }

  @Test func `erasures that begin before the backup and end after it are cut to it`() throws {
    let range = { (from: UInt64, to: UInt64) in
      PositionRange(from: Position(from), to: Position(to))
    }
    let site = try BackupSite(seed: 34, length: 30)
    let made = try site.backUp()
    let size = made.manifest.size.value
    try appendErasures(
      site,
      [
        .textErased(
          TextErased(
            ranges: [range(size - 2, size + 3), range(size + 1, size + 2)], basis: .secret)),
        .textErased(TextErased(ranges: [range(size, size)], basis: .other)),
      ])
    let history = try LaterHistory.read(site.store.path, after: made.manifest)
    let recorded = try site.restore(later: history)
    #expect(
      recorded.erasures.map(\.fact) == [
        .textErased(TextErased(ranges: [range(size - 2, size - 1)], basis: .secret))
      ])
    try checkWholeLedger(site.place)
  }

  @Test func `a later history of another ledger, past or part is refused`() throws {
    let site = try BackupSite(seed: 35, length: 30)
    let made = try site.backUp()
    let other = try BackupSite(seed: 36, length: 30)
    func code(_ path: String) -> Int32? {
      status { () throws(BackupError) in _ = try LaterHistory.read(path, after: made.manifest) }
    }
    #expect(code(other.store.path) == 65)
    #expect(code(try later(other, "export")) == 2)
    #expect(code(site.folder.file("nothing")) == 66)
    let lines = try #require(TemporaryFolder.read(try later(site, "export")))
    let part = site.folder.file("part.jsonl")
    TemporaryFolder.write(Array(lines.drop { $0 != 0x0A }.dropFirst()), to: part)
    #expect(code(part) == 65)
    TemporaryFolder.write(Array(lines.prefix(lines.count / 2)), to: part)
    #expect([2, 65].contains(code(part)))
    TemporaryFolder.write([0x7B, 0x7D, 0x0A], to: part)
    #expect(code(part) == 65)
  }

  // MARK: Helpers

  private func appendErasures(_ site: BackupSite, _ facts: [Fact]) throws {
    let ledger = try Ledger.open(site.store.path, options: Ledger.Options(clock: site.clock))
    defer { ledger.close() }
    _ = try ledger.reader.environment.write { (transaction) throws(StorageError) in
      let (loan, tables) = (transaction.loan, ledger.reader.tables)
      let head: Head
      do throws(ReadingError) { head = try Snapshot(loan, tables).head } catch {
        throw StorageError(.reading(error), "erasing")
      }
      var appender = try Appender(loan, tables, head: head, reading: site.clock.read())
      var random = RandomSupply()
      for fact in facts {
        _ = try appender.append(
          Draft(
            actor: .alice, fact: fact, text: EventText([.reason: .string("as asked")])),
          request: nil, random: &random)
      }
      try appender.finish()
    }
  }

  /// A later state of the site's ledger, in one of its forms.
  private func later(_ site: BackupSite, _ source: String) throws -> String {
    if source == "ledger" { return site.store.path }
    let folder = site.folder.file("later")
    mkdir(folder, 0o700)
    let reader = try LedgerReader.open(site.store.path)
    defer { reader.close() }
    let size = try reader.read { (snapshot) throws(ReadingError) in snapshot.size }
    var bytes: [UInt8] = []
    _ = try Exporter.export(reader, through: size) { bytes += $0 }
    TemporaryFolder.write(bytes, to: folder + "/events.jsonl")
    return source == "bundle" ? folder : folder + "/events.jsonl"
  }

  private func files(below path: String) -> [String] {
    var found: [String] = []
    for name in TemporaryFolder.names(in: path) {
      let inner = "\(path)/\(name)"
      var status = stat()
      guard lstat(inner, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        found += files(below: inner)
      } else {
        found.append(inner)
      }
    }
    return found
  }
}
