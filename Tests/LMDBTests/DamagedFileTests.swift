// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerTestSupport
import Testing

/// Files that would end the process with a signal if LMDB mapped them.
@Suite struct DamagedFileTests {
  private let directory = TemporaryDirectory()
  private static let page = 4096

  /// A sound file of some 40 pages with a branch page and overflow pages.
  private func makeFile() throws -> [UInt8] {
    let path = directory.path + "/sound"
    mkdir(path, 0o700)
    let (environment, table) = try openQuickly(path)
    for batch in 0..<4 {
      try environment.write { (transaction) throws in
        for number in batch * 25..<(batch + 1) * 25 {
          try transaction.loan.put(
            table, BigEndianKey(UInt64(number)),
            [UInt8](repeating: UInt8(number), count: number % 20 == 0 ? 9_000 : 700),
            mode: .append)
        }
      }
    }
    try environment.close()
    return try #require(fileContents(path + "/data.mdb"))
  }

  @Test func `a file cut at any page, and a byte before, is refused without a signal`() async throws
  {
    _ = try makeFile()
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let sound = try #require(fileContents(path + "/sound/data.mdb"))
      let folder = path + "/cut"
      mkdir(folder, 0o700)
      let pages = sound.count / 4096
      #expect(pages > 30)
      var refused = 0
      for size in (0..<pages).map({ $0 * 4096 }) + (1...pages).map({ $0 * 4096 - 1 }) {
        writeFile(folder + "/data.mdb", Array(sound.prefix(size)))
        for creates in [false, true] where size > 0 || !creates {
          var options = Environment.Options()
          options.createsFiles = creates
          expectError(size == 0 ? .invalid : .truncated) {
            try Environment.open(directory: folder, options: options)
          }
          refused += 1
        }
      }
      #expect(refused == 4 * pages - 1)
      #expect(fileSize(folder + "/lock.mdb") == nil)
      writeFile(folder + "/data.mdb", sound)
      let (environment, table) = try reopen(folder)
      #expect(try environment.statistics(table).entries == 100)
    }
  }

  @Test func `a file may end before its last page if what is missing is free`() throws {
    // A page that is made and freed within one transaction is counted but never written.
    var generator = SplitMix64(seed: 11)
    var wasShort = 0
    for round in 0..<10 {
      let path = directory.path + "/\(round)"
      mkdir(path, 0o700)
      var (environment, table) = try openQuickly(path)
      for _ in 0..<30 {
        let base = generator.below(1_000)
        let count = generator.below(300)
        try environment.write { (transaction) throws in
          for number in base..<base + count {
            try transaction.loan.put(
              table, BigEndianKey(UInt64(number)),
              [UInt8](repeating: 7, count: generator.below(1_500)), mode: .overwrite)
          }
          for number in base + count / 3..<base + count {
            try transaction.loan.delete(table, BigEndianKey(UInt64(number)))
          }
        }
        let before = try keys(environment, table)
        let pages = try environment.info.lastPage + 1
        let size = try #require(fileSize(path + "/data.mdb"))
        if size < pages * Self.page { wasShort += 1 }
        try environment.close()
        (environment, table) = try reopenWithoutSync(path)
        #expect(try keys(environment, table) == before)
      }
      try environment.close()
    }
    #expect(wasShort > 5)
  }

  private func reopenWithoutSync(_ path: String) throws -> (Environment, Table) {
    var options = Environment.Options.quick()
    options.createsFiles = false
    let environment = try Environment.open(directory: path, options: options)
    return (environment, try environment.openTables(["table"], create: false)[0])
  }

  private func keys(_ environment: Environment, _ table: Table) throws -> [UInt64] {
    try environment.read { (transaction) throws in
      try transaction.loan.withCursor(table) { (cursor) throws in
        var keys: [UInt64] = []
        while let entry = try cursor.next() { keys.append(BigEndianKey(entry.key)!.number) }
        return keys
      }
    }
  }

  @Test func `a meta page that is not LMDB's, of another version or absurd is refused`() throws {
    let sound = try makeFile()
    let newest =
      sound[Self.page + 144..<Self.page + 152].reversed()
        .lexicographicallyPrecedes(sound[144..<152].reversed()) ? 0 : Self.page
    let damages: [(offset: Int, bytes: [UInt8], code: LMDBError.Code)] = [
      (16, [0], .invalid), (20, [2], .versionMismatch), (10, [0], .invalid),
      (40, [0, 0, 0, 0], .invalid), (40, [0, 0x11, 0, 0], .invalid),
      (Self.page + 16, [0], .invalid), (Self.page + 20, [9], .versionMismatch),
      (Self.page + 40, [0, 0x20], .invalid), (newest + 128, [0xEE, 0xEE], .corrupted),
      (newest + 136, [0xFF, 0xFF], .truncated),
      (newest + 136, [UInt8](repeating: 0xFF, count: 8), .corrupted),
    ]
    for damage in damages {
      var bytes = sound
      bytes.replaceSubrange(damage.offset..<damage.offset + damage.bytes.count, with: damage.bytes)
      writeFile(directory.path + "/data.mdb", bytes)
      expectError(damage.code) {
        try Environment.open(directory: directory.path, options: .init())
      }
    }
    writeFile(directory.path + "/data.mdb", sound)
    _ = try reopen(directory.path)
  }

  @Test func `no flipped bit of the meta pages raises a signal when the file is opened`()
    async throws
  {
    _ = try makeFile()
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let sound = try #require(fileContents(path + "/sound/data.mdb"))
      var refused = 0
      for bit in (0..<152 * 8).map({ $0 }) + (0..<152 * 8).map({ 4096 * 8 + $0 }) {
        var bytes = sound
        bytes[bit / 8] ^= 1 << (bit % 8)
        writeFile(path + "/data.mdb", bytes)
        do {
          try Environment.open(directory: path, options: .init()).close()
        } catch {
          refused += 1
        }
      }
      #expect(refused > 200)
    }
  }

  @Test(arguments: [true, false])
  func `a lock file that is cut or overwritten under a reader is an error, no hang and no signal`(
    isCut: Bool
  ) async throws {
    await #expect(processExitsWith: .success) {
      [path = directory.path as String, isCut = isCut as Bool] in
      let (environment, table) = try openQuickly(path)
      #expect(try environment.statistics(table).entries == 0)
      let lock = path + "/lock.mdb"
      if isCut {
        truncate(lock, 0)
      } else {
        let descriptor = Glibc.open(lock, O_WRONLY)
        let garbage = [UInt8](repeating: 0xA5, count: Int(fileSize(lock) ?? 0))
        #expect(pwrite(descriptor, garbage, garbage.count, 0) == garbage.count)
      }
      for _ in 0..<3 { expectError(.lockDamaged) { try environment.statistics(table) } }
      // Not closed: LMDB would look into the file.
      exit(0)
    }
  }
}
