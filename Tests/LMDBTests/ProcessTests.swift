// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import LMDB
import LMDBWriting
import Synchronization
import Testing

// Swift hides fork(2); what must not happen after it can only be shown by doing it.
@_silgen_name("fork") private func systemFork() -> Int32

/// Holds `count` snapshots at once and runs `body` within the last.
private func nest(_ environment: Environment, _ count: Int, _ body: () throws -> Void) throws {
  if count == 0 { return try body() }
  try environment.read { (_) throws in try nest(environment, count - 1, body) }
}

@Suite struct ProcessTests {
  private let directory = TemporaryDirectory()

  @Test func `when every slot is taken by the living, reading says so and recovers`() throws {
    let (environment, _) = try openQuickly(directory.path, maximumReaders: 8)
    try nest(environment, 8) {
      expectError(.readersFull) { try environment.read { _ in } }
    }
    try nest(environment, 8) {}
  }

  @Test func `slots of killed processes are found, and freed when they are needed`() async throws {
    let (environment, _) = try openQuickly(directory.path, maximumReaders: 126)
    func killReaders(_ count: Int) async {
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = directory.path as String, count = count as Int] in
        let (environment, _) = try openQuickly(path, maximumReaders: 126)
        try nest(environment, count) { kill(getpid(), SIGKILL) }
      }
    }
    await killReaders(126)
    #expect(try environment.staleReaders().count == 126)
    try environment.read { _ in }
    #expect(try environment.staleReaders() == [])

    // One slot is kept by the read above.
    await killReaders(125)
    let stale = try environment.staleReaders()
    #expect(stale.count == 125)
    #expect(stale.allSatisfy { $0.transactionID == 1 && $0.processID != getpid() })
    #expect(try environment.clearStaleReaders() == 125)
    #expect(try environment.readers().map(\.processID) == [getpid()])
  }

  @Test func `opening frees the slots of killed processes`() async throws {
    let (environment, _) = try openQuickly(directory.path)
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
      let (environment, _) = try openQuickly(path)
      try nest(environment, 3) { kill(getpid(), SIGKILL) }
    }
    #expect(try environment.staleReaders().count == 3)
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      _ = try reopen(path)
    }
    #expect(try environment.staleReaders() == [])
  }

  @Test func `a writer that is killed leaves the state before it, and no lock`() async throws {
    let (environment, table) = try openQuickly(directory.path)
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
      let (environment, table) = try openQuickly(path)
      try environment.write { (transaction) throws in
        try transaction.loan.put(table, [1], [1], mode: .insert)
        kill(getpid(), SIGKILL)
      }
    }
    try environment.write { (transaction) throws in
      #expect(try transaction.loan.entryCount(table) == 0)
      try transaction.loan.put(table, [2], [2], mode: .insert)
    }
  }

  @Test func `use in a forked child stops that child, and the parent goes on`() async {
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let (environment, table) = try openQuickly(path)
      func waits(for body: () throws -> Void) -> Int32 {
        let child = systemFork()
        if child == 0 {
          try? body()
          _exit(0)
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        return status
      }
      #expect(waits {} == 0)
      #expect(waits { try environment.read { _ in } } & 0x7F != 0)
      #expect(waits { try environment.write { _ in } } & 0x7F != 0)
      #expect(waits { _ = try environment.info } & 0x7F != 0)
      #expect(waits { _ = try environment.grow(toAtLeast: 1 << 40) } & 0x7F != 0)
      try environment.write { (transaction) throws in
        try transaction.loan.put(table, [1], [1], mode: .insert)
      }
    }
  }

  @Test func `a child program inherits no descriptor of the environment`() throws {
    let (environment, _) = try openQuickly(directory.path)
    let control = open(directory.path + "/control", O_RDWR | O_CREAT, 0o600)
    defer { close(control) }
    #expect(try environment.dataDescriptor >= 0)
    let listing = directory.path + "/listing"
    #expect(system("ls -l /proc/self/fd > '\(listing)'") == 0)
    let said = String(decoding: try #require(fileContents(listing)), as: UTF8.self)
    #expect(said.contains(directory.path + "/control"))
    #expect(!said.contains(directory.path + "/data.mdb"))
    #expect(!said.contains(directory.path + "/lock.mdb"))
  }

  @Test func `a commit that the system fails has an unknown outcome`() async {
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let (environment, table) = try openQuickly(path)
      let size = try #require(fileSize(path + "/data.mdb"))
      // pwrite(2) beyond this fails with EFBIG.
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      limit.rlim_cur = rlim_t(size)
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      let failure = #expect(throws: WriteFailure<LMDBError>.self) {
        try environment.write { (transaction) throws(LMDBError) in
          try transaction.loan.put(table, [1], [UInt8](repeating: 1, count: 9_000), mode: .insert)
        }
      }
      let tooLarge = LMDBError(.init(rawValue: EFBIG), in: "mdb_txn_commit")
      #expect(failure == .commit(tooLarge))
      #expect(failure?.outcomeIsUnknown == true)
      limit.rlim_cur = limit.rlim_max
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      #expect(try environment.statistics(table).entries == 0)
    }
  }

  @Test func `closing waits for the transactions of other threads`() async throws {
    let (environment, table) = try openQuickly(directory.path)
    let entered = DispatchSemaphore(value: 0)
    let ended = Atomic(false)
    DispatchQueue.global().async {
      try? environment.read { (transaction) throws in
        entered.signal()
        for _ in 0..<10_000 { _ = try transaction.loan.contains(table, [1]) }
        ended.store(true, ordering: .releasing)
      }
    }
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        entered.wait()
        continuation.resume()
      }
    }
    try environment.close()
    let wasOver = ended.load(ordering: .acquiring)
    #expect(wasOver)
  }
}
