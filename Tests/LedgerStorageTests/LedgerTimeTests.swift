// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Synchronization
import Testing
import Transparency

@testable import LedgerStorage

/// The rules of time, and when checkpoints are signed.
@Suite struct LedgerTimeTests {
  /// Clocks that a test sets one by one.
  private final class Clocks: Sendable {
    let now = Mutex(
      ClockReading(
        time: Timestamp(microseconds: 1_795_248_000_000_000), boot: "boot-1",
        bootMicroseconds: 1_000_000_000))

    var clock: LedgerClock { LedgerClock { [self] in now.withLock { $0 } } }

    func move(wall: Int64, monotonic: Int64) {
      now.withLock {
        $0.time.microseconds += wall
        $0.bootMicroseconds = UInt64(Int64($0.bootMicroseconds) + monotonic)
      }
    }
  }

  private let folder = TemporaryFolder()
  private let clocks = Clocks()
  private let ledger: Ledger
  private static let second: Int64 = 1_000_000
  private static let day: Int64 = 86_400_000_000

  init() throws {
    ledger = try Ledger.create(
      at: folder.file("ledger"), origin: "example.org/time", by: .alice, tool: "test",
      options: Ledger.Options(clock: clocks.clock))
  }

  private func add(_ name: String) throws -> Outcome {
    ledger.append(Submission(Actor.alice.asks(.addProject(Name(name)!, text: EventText()))))
  }

  private func event(_ outcome: Outcome) throws -> Event {
    try #require(outcome.events?.first, "\(outcome)")
  }

  private func failure(_ outcome: Outcome) -> StorageError.Code? {
    if case .failed(let error) = outcome { error.code } else { nil }
  }

  private var now: Timestamp { clocks.now.withLock { $0.time } }

  @Test(arguments: [1, 2_500_000, 5_000_000] as [Int64])
  func `a clock that lags by up to five seconds is held, and its reading is told`(
    lag: Int64
  ) throws {
    let last = try event(try add("a")).time
    clocks.move(wall: -lag, monotonic: 1)
    let held = try event(try add("b"))
    #expect(held.time == last)
    #expect(held.clock == now)
    clocks.move(wall: lag + 1, monotonic: 1)
    let later = try event(try add("c"))
    #expect(later.time == now)
    #expect(later.clock == nil)
  }

  @Test(arguments: [5_000_001, 3_600_000_000] as [Int64])
  func `a clock that lags by more is refused, with both times`(lag: Int64) throws {
    let last = try event(try add("a")).time
    clocks.move(wall: -lag, monotonic: 1)
    #expect(failure(try add("b")) == .clockBehind(reading: now, last: last))
    clocks.move(wall: lag, monotonic: 1)
    #expect(try event(try add("b")).time == now)
  }

  @Test func `a leap of more than a day is refused when the machine did not run that long`()
    throws
  {
    let last = try event(try add("a")).time
    clocks.move(wall: Self.day + 1, monotonic: Self.second)
    #expect(failure(try add("b")) == .clockAhead(reading: now, last: last))
    // The same leap while the machine ran as long, slept or not, is a quiet weekend.
    clocks.move(wall: 0, monotonic: Self.day)
    #expect(try event(try add("b")).time == now)
    // Up to a day nobody asks.
    clocks.move(wall: Self.day, monotonic: Self.second)
    #expect(try event(try add("c")).time == now)
    // Another boot knows nothing of how long the machine was off.
    clocks.move(wall: 400 * Self.day, monotonic: Self.second)
    clocks.now.withLock { $0.boot = "boot-2" }
    #expect(try event(try add("d")).time == now)
  }

  @Test func `the clocks of the last append survive reopening`() throws {
    let last = try event(try add("a")).time
    ledger.close()
    clocks.move(wall: Self.day + 1, monotonic: Self.second)
    let again = try Ledger.open(
      folder.file("ledger"), options: Ledger.Options(clock: clocks.clock))
    let outcome = again.append(
      Submission(Actor.alice.asks(.addProject(Name("b")!, text: EventText()))))
    #expect(failure(outcome) == .clockAhead(reading: now, last: last))
    again.close()
  }

  @Test func `only a correction steps back, and as-of times are right on both sides of it`()
    throws
  {
    let first = try event(try add("a"))
    clocks.move(wall: 3600 * Self.second, monotonic: 3600 * Self.second)
    let wrong = try event(try add("b"))
    clocks.move(wall: -1800 * Self.second, monotonic: Self.second)
    guard case .clockBehind? = failure(try add("c")) else {
      Issue.record("time stepped back without a word")
      return
    }
    let corrected = try event(
      ledger.append(Submission(Actor.alice.asks(.correctClock(reason: "it was an hour ahead")))))
    #expect(corrected.time == now)
    #expect(corrected.time < wrong.time)
    clocks.move(wall: Self.second, monotonic: Self.second)
    let after = try event(try add("c"))
    #expect(after.time == now)
    try ledger.reader.read { (snapshot) throws(ReadingError) in
      func size(_ time: Timestamp) throws(ReadingError) -> UInt64 {
        try snapshot.size(asOf: time).value
      }
      let end = snapshot.size.value
      // One more than the greatest position whose time is not later.
      #expect(try size(first.time) == first.position.value + 1)
      #expect(try size(corrected.time) == corrected.position.value + 1)
      #expect(try size(after.time) == end)
      #expect(try size(wrong.time) == end)
      #expect(
        try size(Timestamp(microseconds: corrected.time.microseconds - 1))
          == first.position.value + 1)
      #expect(try size(Timestamp(microseconds: first.time.microseconds - 1)) <= 2)
    }
    ledger.close()
    try checkWholeLedger(folder.file("ledger"))
  }

  // MARK: Checkpoints

  private func signed() throws -> UInt64? {
    try CheckpointFile.read(ledger.directory).map { try UnverifiedCheckpoint($0).unchecked.size }
  }

  private func size() throws -> UInt64 {
    try ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.size.value }
  }

  @Test func `ordinary events are signed once a second at most, and at the end`() throws {
    clocks.move(wall: 2 * Self.second, monotonic: 2 * Self.second)
    _ = try event(try add("a"))
    let before = try size()
    #expect(try signed() == before)
    clocks.move(wall: Self.second / 2, monotonic: Self.second / 2)
    _ = try event(try add("b"))
    #expect(try signed() == before)
    clocks.move(wall: Self.second / 2, monotonic: Self.second / 2)
    _ = try event(try add("c"))
    #expect(try signed() == before + 2)
    _ = try event(try add("d"))
    #expect(try signed() == before + 2)
    ledger.close()
    #expect(try signed() == before + 3)
  }

  @Test func `what matters is signed at once`() throws {
    clocks.move(wall: 2 * Self.second, monotonic: 2 * Self.second)
    _ = try event(try add("a"))
    var policy = Policy.default
    policy.driftPSI = 0.3
    let intents: [Intent] = [
      .grant(GrantRoles(member: Actor.bob.id, roles: [.approver])),
      .setPolicy(policy, reason: "house rules"),
      .revoke(Actor.bob.id, reason: "left"),
    ]
    for intent in intents {
      _ = try event(ledger.append(Submission(Actor.alice.asks(intent))))
      #expect(try signed() == size(), "\(intent.word)")
    }
  }

  @Test(arguments: EventType.allCases)
  func `decisions, deployments, retirements, members, policy, keys and erasures are signed at once`(
    type: EventType
  ) {
    // And what begins a history or bends its time.
    let atOnce: Set<EventType> = [
      .versionApproved, .versionRejected, .versionDeployed, .deploymentRetired, .memberGranted,
      .memberRevoked, .policySet, .keyRotated, .textErased, .artifactErased, .ledgerCreated,
      .ledgerRestored, .clockCorrected,
    ]
    var generator = EventGenerator(seed: UInt64(type.rawValue))
    #expect(generator.fact(type).asksForCheckpoint == atOnce.contains(type))
  }

  @Test func `without its key a commit stands, and a checkpoint is due`() throws {
    let key = ledger.directory.logKeyFile
    let bytes = try #require(TemporaryFolder.read(key))
    let before = try signed()
    TemporaryFolder.remove(key)
    clocks.move(wall: 2 * Self.second, monotonic: 2 * Self.second)
    _ = try event(try add("a"))
    #expect(try signed() == before)
    guard case .failed(let error) = ledger.signCheckpoint(), case .keyUnusable = error.code else {
      Issue.record("signed without a key")
      return
    }
    // Another ledger's key signs nothing here.
    TemporaryFolder.write([UInt8](repeating: 7, count: 32), to: key)
    guard case .failed = ledger.signCheckpoint() else {
      Issue.record("signed with a stranger's key")
      return
    }
    TemporaryFolder.write(bytes, to: key)
    guard case .signed(_, let signedSize) = ledger.signCheckpoint() else {
      Issue.record("not signed")
      return
    }
    #expect(try signed() == signedSize.value)
  }

  @Test func `a checkpoint is never replaced by a smaller one`() throws {
    _ = try event(try add("a"))
    guard case .signed(let note, _) = ledger.signCheckpoint() else {
      Issue.record("not signed")
      return
    }
    let error = #expect(throws: ReadingError.self) {
      try ledger.reader.read { (snapshot) throws(ReadingError) in
        try ledger.signer.basis(snapshot, at: LedgerSize(1))
      }
    }
    guard case .directory(let cause)? = error?.code else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(cause.code == .behind)
    #expect(try CheckpointFile.read(ledger.directory) == note)
  }
}
