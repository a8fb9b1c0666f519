// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

@testable import LedgerStorage

/// A key replaces another: the event, the sizes, the files, and what a crash leaves.
struct KeyRotationTests {
  private let workshop: Workshop

  init() throws { workshop = try Workshop() }

  private func signer(_ ledger: Ledger) throws -> NoteSigner {
    let secret = try ledger.directory.key(ledger.directory.logKeyFile)
    return NoteSigner(
      name: try KeyName("example.org/test"), key: try SigningKey(rawRepresentation: secret))
  }

  private func rotate(_ ledger: Ledger) throws -> KeyRotated {
    let outcome = ledger.rotateKey(to: .inside, by: workshop.alice, reason: "yearly")
    guard case .accepted(let events) = outcome, case .keyRotated(let fact)? = events.first?.fact
    else {
      Issue.record("\(outcome)")
      throw StorageError(.closed, "rotating")
    }
    return fact
  }

  private func audit(
    against note: [UInt8]? = nil, isQuick: Bool = false, key: String? = nil
  ) throws -> [Finding] {
    try Auditor.audit(
      workshop.path,
      options: Auditor.Options(
        against: note, key: key, checksArtifacts: false,
        depth: isQuick ? .tree : .everything)
    ).findings
  }

  private func add(_ name: String, _ ledger: Ledger) throws {
    _ = try workshop.accept(
      ledger, .addProject(Name(name)!, text: EventText([.path: .string("/p")])))
  }

  /// Every order of so many events and rotations.
  @Test(arguments: 0..<8)
  func `each key is good for its sizes and for no other`(pattern: Int) throws {
    let ledger = try workshop.create()
    var signers = [try signer(ledger)]
    var sizes: [UInt64] = []
    for step in 0..<3 {
      if pattern >> step & 1 == 1 {
        let fact = try rotate(ledger)
        sizes.append(fact.size.value)
        signers.append(try signer(ledger))
        #expect(fact.new == Text(signers[signers.count - 1].verifierKey.description))
      } else {
        try add("p\(step)", ledger)
      }
    }
    guard case .signed(let note, let size) = ledger.signCheckpoint() else {
      Issue.record("not signed")
      return
    }
    #expect(try UnverifiedCheckpoint(note).verified(by: [signers.last!.verifierKey]).size == 5)
    let roots = try (1...size.value).map { size in
      try ledger.reader.read { (snapshot) throws(ReadingError) in
        try snapshot.root(at: LedgerSize(size))
      }
    }
    let chain = try ledger.reader.keyChain()
    #expect(chain.epochs.map(\.key) == signers.map(\.verifierKey))
    #expect(chain.epochs.map { $0.until?.value } == sizes.map { $0 } + [nil])
    ledger.close()
    #expect(try audit() == [])
    #expect(try audit(isQuick: true) == [])
    for (index, root) in roots.enumerated() {
      let size = UInt64(index + 1)
      // An old key serves the sizes up to the one at which it was replaced, that one included.
      let owner = sizes.firstIndex { size <= $0 } ?? sizes.count
      for (number, signer) in signers.enumerated() {
        let note = Checkpoint(origin: signer.name, size: size, root: root).signed(by: signer)
        let codes = try audit(against: note, isQuick: true).map(\.code)
        #expect(
          codes == (number == owner ? [] : [.checkpointSignature]),
          "size \(size) signed by key \(number)")
      }
    }
    for signer in signers {
      #expect(try audit(key: signer.verifierKey.description) == [])
      #expect(try audit(isQuick: true, key: signer.key.publicKey.fingerprint) == [])
    }
    var random = SystemRandomNumberGenerator()
    let stranger = SigningKey.generate(using: &random).publicKey.fingerprint
    #expect(try audit(key: stranger).map(\.code) == [.keyUnknown])
  }

  @Test func `the old key is gone, and its bytes are nowhere`() throws {
    let ledger = try workshop.create()
    let old = try ledger.directory.key(ledger.directory.logKeyFile)
    _ = try rotate(ledger)
    ledger.close()
    #expect(TemporaryFolder.names(in: workshop.path + "/keys").sorted() == ["log", "request"])
    for name in ["ledger.json", "checkpoint", "door", "keys/log", "db/1/data.mdb"] {
      let bytes = try #require(TemporaryFolder.read(workshop.path + "/" + name))
      #expect(bytes.firstRange(of: old) == nil, "\(name)")
    }
  }

  @Test func `whoever may not, rotates nothing, and leaves no key behind`() throws {
    let ledger = try workshop.create()
    let before = try signer(ledger).verifierKey
    let outcome = ledger.rotateKey(to: .inside, by: .bob, reason: nil)
    #expect(outcome == .refused(.notAMember(Actor.bob.id)))
    let blank = ledger.rotateKey(to: .inside, by: workshop.alice, reason: " ")
    #expect(blank == .refused(.reasonBlank))
    #expect(try signer(ledger).verifierKey == before)
    ledger.close()
    #expect(TemporaryFolder.names(in: workshop.path + "/keys").sorted() == ["log", "request"])
    #expect(try audit() == [])
  }

  @Test func `one rotation at a time`() throws {
    let ledger = try workshop.create()
    let lock = try KeyLock(ledger.directory)
    guard case .failed(let error) = ledger.rotateKey(to: .inside, by: workshop.alice, reason: nil),
      case .directory(let cause) = error.code
    else {
      Issue.record("rotated beside another")
      return
    }
    #expect(cause.code == .busy)
    lock.release()
    _ = try rotate(ledger)
    ledger.close()
    #expect(try audit() == [])
  }

  @Test func `a request key rotates once`() throws {
    let ledger = try workshop.create()
    let request = (key: RequestKey("once")!, content: Array("{}".utf8))
    guard
      case .accepted(let events) = ledger.rotateKey(
        to: .inside, by: workshop.alice, reason: nil, request: request)
    else {
      Issue.record("not rotated")
      return
    }
    let key = try signer(ledger).verifierKey
    #expect(
      ledger.rotateKey(to: .inside, by: workshop.alice, reason: nil, request: request)
        == .duplicate(events))
    #expect(try signer(ledger).verifierKey == key)
    ledger.close()
    #expect(try audit() == [])
  }

  // MARK: Forged

  /// What may be wrong with a rotation.
  enum Forgery: CaseIterable, Sendable {
    case swapped, oldAlone, newAlone, size, root, otherOld, reused, otherOrigin, garbled
  }

  @Test(arguments: Forgery.allCases)
  func `a rotation that both keys have not signed as it stands introduces no key`(
    forgery: Forgery
  ) throws {
    let ledger = try workshop.create()
    let first = try signer(ledger)
    _ = try rotate(ledger)
    let old = try signer(ledger)
    try add("p", ledger)
    var random = SystemRandomNumberGenerator()
    let made = SigningKey.generate(using: &random)
    let new = NoteSigner(
      name: try KeyName(forgery == .otherOrigin ? "example.org/tess" : "example.org/test"),
      key: forgery == .reused ? first.key : made)
    let head = try ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.head }
    var fact = KeyRotated(
      old: Text((forgery == .otherOld ? first : old).verifierKey.description),
      new: Text(new.verifierKey.description), size: LedgerSize(head.size.value),
      root: Digest(head.frontier.root()), oldSignature: "", newSignature: "")
    if forgery == .size { fact.size = LedgerSize(head.size.value - 1) }
    if forgery == .root { fact.root = .test(3) }
    let signers = [forgery == .otherOld ? first : old, new]
    var signatures = try signers.map { signer in
      Text(
        Transparency.Base64.string(
          signer.key.signature(
            for: try RotationStatement.bytes(of: fact, origin: "example.org/test")),
          as: .standard))
    }
    switch forgery {
    case .swapped: signatures.swapAt(0, 1)
    case .oldAlone: signatures[1] = signatures[0]
    case .newAlone: signatures[0] = signatures[1]
    case .garbled: signatures[0] = "AAAA"
    default: break
    }
    (fact.oldSignature, fact.newSignature) = (signatures[0], signatures[1])
    _ = try ledger.reader.environment.write(growing: true) {
      (transaction) throws(StorageError) in
      var random = RandomSupply()
      var appender = try Appender(
        transaction.loan, ledger.reader.tables, head: head, reading: ledger.clock.read())
      _ = try appender.append(
        Draft(actor: workshop.alice, fact: .keyRotated(fact)), request: nil, random: &random)
      try appender.finish()
    }
    // The log goes on with the key that it had.
    #expect(try ledger.reader.keyChain().current == old.verifierKey)
    let root = try ledger.reader.read { (snapshot) throws(ReadingError) in
      snapshot.head.frontier.root()
    }
    let size = head.size.value + 1
    ledger.close()
    #expect(try audit().map(\.code) == [.keyRotation])
    #expect(try audit(isQuick: true).map(\.code).contains(.keyRotation))
    // And a checkpoint by the forged key is nobody's.
    let note = try SignedNote.sign(
      Checkpoint(origin: try KeyName("example.org/test"), size: size, root: root).text, by: [new])
    TemporaryFolder.write(note, to: workshop.path + "/checkpoint")
    #expect(throws: StorageError.self) { try workshop.open() }
    #expect(Set(try audit().map(\.code)) == [.keyRotation, .checkpointSignature])
  }

  // MARK: Crashes

  @Test(arguments: KeyStep.allCases)
  func `killed at any step, the key that the events ask for is there`(step: KeyStep) async throws {
    let ledger = try workshop.create()
    let old = try signer(ledger).verifierKey
    Self.close(ledger)
    let (path, time) = (workshop.path, workshop.time.now.microseconds)
    let index = KeyStep.allCases.firstIndex(of: step)!
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, time = time as Int64, index = index as Int] in
      try KeyRotationTests.rotateAndDie(path, time, at: index)
    }
    try checkAfterDeath(step, old)
  }

  private static func close(_ ledger: Ledger) { ledger.close() }

  static func rotateAndDie(_ path: String, _ time: Int64, at index: Int) throws {
    var options = Ledger.Options(
      clock: LedgerClock {
        ClockReading(
          time: Timestamp(microseconds: time), boot: "test", bootMicroseconds: UInt64(time))
      })
    options.onKeyStep = { step in
      if step == KeyStep.allCases[index] { kill(getpid(), SIGKILL) }
    }
    let ledger = try Ledger.open(path, options: options)
    let alice = Actor(
      id: ActorID("alice")!, authentication: .os, host: "gpu7",
      os: OSUser(login: "alice", uid: 1000))
    _ = ledger.rotateKey(to: .inside, by: alice, reason: "yearly")
  }

  /// The steps of a move, which has no event.
  static let moveSteps: [KeyStep] = [.prepared, .wiped, .renamed]

  @Test(arguments: moveSteps, [true, false])
  func `killed while it is moved, the key is in one of both places`(
    step: KeyStep, outwards: Bool
  ) async throws {
    let key = try beforeMove(outwards)
    let (path, place) = (workshop.path, outwards ? workshop.folder + "/key" : "")
    let index = KeyStep.allCases.firstIndex(of: step)!
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, place = place as String, index = index as Int] in
      try KeyRotationTests.moveAndDie(path, place, at: index)
    }
    try checkAfterMove(key)
  }

  private func beforeMove(_ outwards: Bool) throws -> VerifierKey {
    let ledger = try workshop.create()
    if !outwards { try ledger.moveKey(to: .file(workshop.folder + "/key")) }
    defer { ledger.close() }
    return try ledger.reader.keyChain().current
  }

  static func moveAndDie(_ path: String, _ place: String, at index: Int) throws {
    var options = Ledger.Options()
    options.onKeyStep = { step in
      if step == KeyStep.allCases[index] { kill(getpid(), SIGKILL) }
    }
    let ledger = try Ledger.open(path, options: options)
    try ledger.moveKey(to: place.isEmpty ? .inside : .file(place))
  }

  private func checkAfterMove(_ key: VerifierKey) throws {
    let ledger = try workshop.open()
    try add("after", ledger)
    guard case .signed(let note, _) = ledger.signCheckpoint() else {
      Issue.record("the key is lost: \(String(describing: ledger.checkpointFailure))")
      return
    }
    #expect(throws: Never.self) { try UnverifiedCheckpoint(note).verified(by: [key]) }
    // What was begun is finished: one secret, in one place.
    let secrets = [workshop.path + "/keys/log", workshop.folder + "/key"].filter {
      TemporaryFolder.read($0)?.count == 32
    }
    #expect(secrets.count == 1)
    #expect(ledger.reader.keyStatus().problem == nil)
    // What a move left that came to nothing leads no rotation astray.
    _ = try rotate(ledger)
    try add("later", ledger)
    guard case .signed = ledger.signCheckpoint() else {
      Issue.record("the new key is lost: \(String(describing: ledger.checkpointFailure))")
      return
    }
    #expect(TemporaryFolder.names(in: workshop.path + "/keys").sorted() == ["log", "request"])
    #expect(TemporaryFolder.names(in: workshop.folder) == ["ledger"])
    ledger.close()
    try checkWholeLedger(workshop.path)
  }

  @Test
  func `a key elsewhere that others may use, or that is away, signs nothing, and commits stand`()
    throws
  {
    let ledger = try workshop.create()
    let file = workshop.folder + "/key"
    try ledger.moveKey(to: .file(file))
    #expect(TemporaryFolder.names(in: workshop.path + "/keys").sorted() == ["place", "request"])
    for (number, mode) in ([0o640, 0o604, 0o660] as [mode_t]).enumerated() {
      chmod(file, mode)
      try add("p\(number)", ledger)
      guard case .failed(let error) = ledger.signCheckpoint(), case .keyUnusable = error.code else {
        Issue.record("signed with mode \(mode)")
        return
      }
    }
    chmod(file, 0o600)
    rename(file, file + ".away")
    try add("p", ledger)
    guard case .failed = ledger.signCheckpoint() else {
      Issue.record("signed without its key")
      return
    }
    #expect(ledger.checkpointFailure != nil)
    rename(file + ".away", file)
    guard case .signed = ledger.signCheckpoint() else {
      Issue.record("not signed")
      return
    }
    #expect(ledger.checkpointFailure == nil)
    // Nobody's file is overwritten by a move or a rotation.
    TemporaryFolder.write([1, 2, 3], to: file + "2")
    #expect(throws: StorageError.self) { try ledger.moveKey(to: .file(file + "2")) }
    guard
      case .failed = ledger.rotateKey(to: .file(file + "2"), by: workshop.alice, reason: nil)
    else {
      Issue.record("a file was overwritten")
      return
    }
    #expect(TemporaryFolder.read(file + "2") == [1, 2, 3])
    ledger.close()
    #expect(try audit() == [])
  }

  private func checkAfterDeath(_ step: KeyStep, _ old: VerifierKey) throws {
    // Whatever stands there is whole, and a reader needs no repair.
    try checkWholeLedger(workshop.path)
    let ledger = try workshop.open()
    let chain = try ledger.reader.keyChain()
    let isCommitted = step != .prepared && step != .appended
    #expect(chain.epochs.count == (isCommitted ? 2 : 1))
    #expect(chain.epochs[0].key == old)
    try add("after", ledger)
    guard case .signed(let note, _) = ledger.signCheckpoint() else {
      Issue.record("the key is lost")
      return
    }
    #expect(throws: Never.self) { try UnverifiedCheckpoint(note).verified(by: [chain.current]) }
    #expect(try signer(ledger).verifierKey == chain.current)
    // The next rotation overwrites what an unfinished one left.
    _ = try rotate(ledger)
    #expect(TemporaryFolder.names(in: workshop.path + "/keys").sorted() == ["log", "request"])
    ledger.close()
    try checkWholeLedger(workshop.path)
  }
}
