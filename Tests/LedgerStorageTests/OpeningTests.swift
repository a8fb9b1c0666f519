// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

@testable import LedgerStorage

/// What stands beside the database is compared with it whenever a ledger is opened.
@Suite struct OpeningTests {
  private func made() throws -> Workshop {
    let workshop = try Workshop()
    try workshop.create().close()
    return workshop
  }

  /// Expects that neither writers nor readers get in, as damage of this kind.
  private func expectRefusal(
    _ word: String, _ workshop: Workshop, _ location: SourceLocation = #_sourceLocation
  ) {
    func told(_ error: ReadingError?) {
      let code = error.map { "\($0.code)" } ?? ""
      #expect(code.hasPrefix(word), "\(code)", sourceLocation: location)
      #expect(error?.isDamage == true, sourceLocation: location)
    }
    do {
      _ = try workshop.open()
      Issue.record("opened for writing", sourceLocation: location)
    } catch {
      if case .reading(let cause)? = (error as? StorageError)?.code {
        told(cause)
      } else {
        told(nil)
      }
    }
    do throws(ReadingError) {
      _ = try LedgerReader.open(workshop.path)
      Issue.record("opened for reading", sourceLocation: location)
    } catch {
      told(error)
    }
  }

  @Test(arguments: ["database", "ledger.json"])
  func `a database of another ledger is refused, with or without a checkpoint`(
    part: String
  ) throws {
    let (own, other) = (try made(), try made())
    let name = part == "database" ? "db/1/data.mdb" : part
    let bytes = try #require(TemporaryFolder.read("\(other.path)/\(name)"))
    TemporaryFolder.write(bytes, to: "\(own.path)/\(name)")
    expectRefusal("behindCheckpoint", own)
    TemporaryFolder.remove(own.path + "/checkpoint")
    expectRefusal("anotherLedger", own)
    #expect(
      try Doctor.examine(own.path).filter { $0.severity == .damage }.map(\.code) == [.identity])
  }

  @Test func `a key that no event names is refused, though it signs this very log`() throws {
    let workshop = try made()
    let directory = try LedgerDirectory.open(workshop.path)
    var identity = try LedgerIdentity.read(directory)
    let key = try SigningKey(rawRepresentation: [UInt8](repeating: 7, count: 32))
    let signer = NoteSigner(name: try KeyName(identity.origin), key: key)
    let reader = try LedgerReader.open(workshop.path)
    let root = try reader.read { (snapshot) throws(ReadingError) in snapshot.head.frontier.root() }
    let size = try #require(reader.checkpoint?.size)
    reader.close()
    let forged = Checkpoint(origin: signer.name, size: size, root: root).signed(by: signer)
    TemporaryFolder.write(forged, to: workshop.path + "/checkpoint")
    expectRefusal("behindCheckpoint", workshop)
    identity.vkey = signer.verifierKey.description
    try identity.write(directory)
    expectRefusal("anotherLedger", workshop)
  }

  @Test func `a log other than the one that its checkpoint signed is refused`() throws {
    let workshop = try made()
    let before = try #require(TemporaryFolder.read(workshop.path + "/db/1/data.mdb"))
    let name = workshop.path + "/checkpoint"
    var ledger = try workshop.open()
    _ = try workshop.accept(ledger, .addProject(Name("one")!, text: EventText()))
    ledger.close()
    let signed = try #require(TemporaryFolder.read(name))
    // Taken back, and another history written from there: of the same size, by the same key.
    TemporaryFolder.write(before, to: workshop.path + "/db/1/data.mdb")
    TemporaryFolder.remove(name)
    ledger = try workshop.open()
    _ = try workshop.accept(ledger, .addProject(Name("two")!, text: EventText()))
    ledger.close()
    try checkWholeLedger(workshop.path)
    TemporaryFolder.write(signed, to: name)
    expectRefusal("behindCheckpoint", workshop)
  }
}
