// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

@testable import LedgerAudit
@testable import LedgerConsole

/// How a process ends that touches what is not there: each in a process of its own.
@Suite struct FaultReportTests {
  private let folder = TemporaryFolder()

  /// Maps four pages of a file that has one, as a data file that was cut.
  private static func mapCutFile(_ path: String) -> UnsafeMutableRawPointer {
    TemporaryFolder.write([UInt8](repeating: 1, count: 4096), to: path)
    let descriptor = open(path, O_RDONLY)
    // The room behind it stays a hole, whatever is mapped meanwhile.
    let room = mmap(nil, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    let map = mmap(room, 4 * 4096, PROT_READ, MAP_SHARED | MAP_FIXED, descriptor, 0)!
    munmap(room + 4 * 4096, 1 << 20 - 4 * 4096)
    return map
  }

  private static func touch(_ address: UnsafeRawPointer) {
    // Written somewhere, so that it is really read.
    var byte = address.load(as: UInt8.self)
    write(-1, &byte, 1)
  }

  private func said(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  @Test(arguments: [8192, 4 * 4096 + 64])
  func `a page of a database that cannot be read is an error with advice`(offset: Int) async {
    let result = await #expect(processExitsWith: .exitCode(74), observing: [\.standardErrorContent])
    { [path = folder.file("data.mdb") as String, offset = offset as Int] in
      FaultReport.install(program: "test", asJSON: false)
      let map = FaultReportTests.mapCutFile(path)
      FaultReportTests.touch(map)
      FaultReportTests.touch(map + offset)
      exit(0)
    }
    #expect(said(result).hasPrefix("test: cannot read the ledger's database: "))
    #expect(said(result).contains("replay verify"))
  }

  @Test func `a page that a second thread cannot read is the same error`() async {
    let result = await #expect(processExitsWith: .exitCode(74), observing: [\.standardErrorContent])
    { [path = folder.file("data.mdb") as String] in
      FaultReport.install(program: "test", asJSON: false)
      let page = UInt(bitPattern: FaultReportTests.mapCutFile(path) + 8192)
      _ = Pipeline.beside(
        { FaultReportTests.touch(UnsafeRawPointer(bitPattern: page)!) }, {})
      exit(0)
    }
    #expect(said(result).hasPrefix("test: cannot read the ledger's database: "))
  }

  @Test func `programs are told as JSON, with the exit code that was asked for`() async {
    let result = await #expect(
      processExitsWith: .exitCode(125), observing: [\.standardErrorContent]
    ) { [path = folder.file("lock.mdb") as String] in
      FaultReport.install(program: "test", asJSON: true, exit: 125)
      FaultReportTests.touch(FaultReportTests.mapCutFile(path) + 8192)
      exit(0)
    }
    #expect(said(result).hasPrefix(#"{"error":{"code":"page-unreadable","exit":74,"#))
  }

  @Test func `a file of another name is no database`() async {
    let result = await #expect(processExitsWith: .exitCode(70), observing: [\.standardErrorContent])
    { [path = folder.file("data.mdb.txt") as String] in
      FaultReport.install(program: "test", asJSON: false)
      FaultReportTests.touch(FaultReportTests.mapCutFile(path) + 8192)
      exit(0)
    }
    #expect(said(result).contains("please report this"))
  }

  @Test func `an assertion of LMDB, which raises SIGBUS, is a page that cannot be read`() async {
    await #expect(processExitsWith: .exitCode(74)) {
      FaultReport.install(program: "test", asJSON: false)
      raise(SIGBUS)
      exit(0)
    }
  }

  @Test func `a broken promise of our own is a bug`() async {
    let result = await #expect(processExitsWith: .exitCode(70), observing: [\.standardErrorContent])
    {
      FaultReport.install(program: "test", asJSON: false)
      let empty: [Int] = []
      print(empty[empty.count + Int(getpid() > 0 ? 1 : 0)])
    }
    #expect(said(result).contains("test: the program ended itself"))
  }

  @Test func `an address that is nowhere, and an abort, are bugs`() async {
    await #expect(processExitsWith: .exitCode(70)) {
      FaultReport.install(program: "test", asJSON: false)
      FaultReportTests.touch(UnsafeRawPointer(bitPattern: 64)!)
    }
    await #expect(processExitsWith: .exitCode(70)) {
      FaultReport.install(program: "test", asJSON: false)
      abort()
    }
  }

  @Test func `what another process sends has its usual effect`() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      FaultReport.install(program: "test", asJSON: false)
      pclose(popen("kill -SEGV \(getpid())", "r"))
      while true { pause() }
    }
  }
}
