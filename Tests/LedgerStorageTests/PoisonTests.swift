// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerReading
@testable import LedgerStorage

@Suite struct PoisonTests {
  static let mark = PoisonMark(
    time: Timestamp(microseconds: 1_795_248_000_123_456), operation: "commit", error: -30_796,
    pid: 4242)

  @Test func `a poisoned ledger refuses every writer until it is cleared`() throws {
    let sample = try LedgerSample()
    let door = try Door(sample.directory)
    let other = try Door(sample.directory)
    #expect(try door.poisonState() == .clear)
    #expect(try PoisonState.read(sample.directory) == .clear)
    try door.poison(Self.mark)
    for each in [door, other] {
      #expect(code { () throws(DirectoryError) in _ = try each.enter(within: .zero) } == .poisoned)
      #expect(try each.poisonState() == .poisoned(Self.mark))
    }
    #expect(try PoisonState.read(sample.directory) == .poisoned(Self.mark))
    let pass = try door.enter(within: .zero, evenIfPoisoned: true)
    try door.clearPoison(pass)
    pass.leave()
    try other.enter(within: .zero).leave()
    #expect(try PoisonState.read(sample.directory) == .clear)
  }

  @Test func `a mark set by one process binds the next`() async throws {
    let sample = try LedgerSample()
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = sample.directory.path as String] in
      let door = try Door(LedgerDirectory.open(path))
      let pass = try door.enter(within: .zero)
      try door.poison(PoisonTests.mark)
      kill(getpid(), SIGKILL)
      pass.leave()
    }
    let door = try Door(sample.directory)
    #expect(code { () throws(DirectoryError) in _ = try door.enter(within: .zero) } == .poisoned)
    #expect(try door.poisonState() == .poisoned(Self.mark))
  }

  @Test func `only one exact content is clear`() {
    let clear = DoorLayout.clearMark()
    #expect(DoorLayout.state(of: clear) == .clear)
    for index in clear.indices {
      for bit in 0..<8 {
        var flipped = clear
        flipped[index] ^= 1 << bit
        #expect(DoorLayout.state(of: flipped).isPoisoned)
      }
    }
    for length in [0, 1, 511] {
      #expect(DoorLayout.state(of: Array(clear.prefix(length))) == .unreadable)
    }
  }

  @Test func `a mark torn anywhere on its way, in either direction, is poisoned`() {
    let clear = DoorLayout.clearMark()
    let poisoned = DoorLayout.bytes(of: Self.mark)
    #expect(poisoned.count == DoorLayout.markLength)
    #expect(DoorLayout.state(of: poisoned) == .poisoned(Self.mark))
    for cut in 1..<clear.count {
      #expect(DoorLayout.state(of: poisoned.prefix(cut) + clear.suffix(512 - cut)).isPoisoned)
    }
    // The last bytes of both are zeros, so the cut that completes the clearing is a little earlier.
    for cut in 1..<(clear.count - 8) {
      #expect(DoorLayout.state(of: clear.prefix(cut) + poisoned.suffix(512 - cut)).isPoisoned)
    }
  }

  @Test func `a long operation is cut, and odd numbers survive`() {
    let mark = PoisonMark(
      time: Timestamp(microseconds: .min), operation: String(repeating: "x", count: 500),
      error: .min, pid: .max)
    guard case .poisoned(let found) = DoorLayout.state(of: DoorLayout.bytes(of: mark)) else {
      Issue.record("not poisoned")
      return
    }
    #expect(found.operation == String(repeating: "x", count: 128))
    #expect((found.time, found.error, found.pid) == (mark.time, .min, .max))
  }

  @Test func `a door cut short is poisoned`() throws {
    let sample = try LedgerSample()
    truncate(sample.directory.doorFile, 700)
    #expect(try PoisonState.read(sample.directory) == .unreadable)
    let door = try Door(sample.directory)
    #expect(code { () throws(DirectoryError) in _ = try door.enter(within: .zero) } == .poisoned)
  }

  @Test func `marking allocates nothing`() throws {
    let sample = try LedgerSample()
    func blocks() -> Int {
      var status = stat()
      stat(sample.directory.doorFile, &status)
      return Int(status.st_blocks) << 32 | Int(status.st_size)
    }
    let before = blocks()
    #expect(before >> 32 > 0)
    let door = try Door(sample.directory)
    try door.enter(within: .zero).leave()
    try door.poison(Self.mark)
    #expect(blocks() == before)
  }

  @Test(
    "a full disk does not prevent the mark", .enabled(if: geteuid() == 0, "only root can mount"))
  func fullDisk() throws {
    let folder = TemporaryFolder()
    guard system("mount -t tmpfs -o size=256k tmpfs '\(folder.path)' 2>/dev/null") == 0 else {
      return  // Mounting is not allowed here; the test above says what can be said.
    }
    defer { _ = system("umount -l '\(folder.path)'") }
    let sample = try LedgerSample(at: folder.file("ledger"))
    let door = try Door(sample.directory)
    let filler = open(folder.file("filler"), O_CREAT | O_WRONLY, 0o600)
    while write(filler, [UInt8](repeating: 1, count: 4096), 4096) > 0 {}
    #expect(errno == ENOSPC)
    close(filler)
    #expect(
      code { () throws(DirectoryError) in
        try CheckpointFile.replace(sample.directory, with: [1]) { _ in true }
      } == .inputOutput)
    try door.poison(Self.mark)
    #expect(try PoisonState.read(sample.directory) == .poisoned(Self.mark))
    #expect(
      code { () throws(DirectoryError) in
        try SpaceCheck.require(batchBytes: 0, in: sample.directory)
      } == .noSpace)
  }
}
