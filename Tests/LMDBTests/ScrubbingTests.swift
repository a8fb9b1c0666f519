// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerTestSupport
import Testing

/// What deleted values leave in the file, and what leaves none of them.
@Suite struct ScrubbingTests {
  private let directory = TemporaryDirectory()
  private static let canary = Array("CANARY-5up3rs3cr3t-w0rd5".utf8)

  /// How much of the canary is in the file.
  private func traces() -> Int {
    Traces(of: Self.canary).count(in: fileContents(directory.path + "/data.mdb") ?? [])
  }

  private func value(_ index: Int, _ count: Int) -> [UInt8] {
    let words = Self.canary + Array(" \(index) ".utf8)
    return Array((0..<count).map { words[$0 % words.count] })
  }

  private func key(_ index: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(index).bigEndian) { Array($0) }
  }

  /// Values of one length, in many commits of this process.
  private func fill(_ count: Int, length: Int) throws -> (Environment, Table) {
    let (environment, table) = try openQuickly(directory.path)
    for start in stride(from: 0, to: count, by: 7) {
      try environment.write { (transaction) throws(LMDBError) in
        for index in start..<min(count, start + 7) {
          try transaction.loan.put(table, key(index), value(index, length), mode: .append)
        }
      }
    }
    return (environment, table)
  }

  private func erase(
    _ environment: Environment, _ table: Table, _ indexes: Range<Int>, length: Int,
    overwriting: Bool = true
  ) throws -> UInt {
    try environment.write { (transaction) throws(LMDBError) -> UInt in
      for index in indexes {
        if overwriting {
          try transaction.loan.put(
            table, key(index), [UInt8](repeating: 0, count: length), mode: .overwrite)
        }
        try transaction.loan.delete(table, key(index))
      }
      return transaction.loan.transactionID
    }
  }

  private func touch(_ environment: Environment, _ table: Table) throws {
    try environment.write { (transaction) throws(LMDBError) -> Void in
      try transaction.loan.put(table, [0xFF], [1], mode: .overwrite)
    }
  }

  @Test(arguments: [40, 700, 2_500, 4_081, 9_000, 40_000])
  func `nothing is left of values of any length, and everything else is as it was`(
    length: Int
  ) throws {
    let count = length > 8_000 ? 20 : 150
    let (environment, table) = try fill(count, length: length)
    #expect(traces() > 0)
    let other = [UInt8](repeating: 0x61, count: length)
    try environment.write { (transaction) throws(LMDBError) -> Void in
      for index in count..<count + 20 {
        try transaction.loan.put(table, key(index), other, mode: .append)
      }
    }
    let transaction = try erase(environment, table, 0..<count, length: length)
    #expect(traces() > 0, "an erasure alone leaves older pages")
    #expect(try environment.scrubUsedPages() >= 0)
    try environment.clearBuffers(of: table, pages: 400)
    for _ in 0..<2 { try touch(environment, table) }
    let scrub = try environment.scrubFreePages(freedUpTo: transaction)
    #expect(scrub.isComplete)
    #expect(scrub.overwritten > 0)
    #expect(traces() == 0)
    for _ in 0..<20 { try touch(environment, table) }
    #expect(traces() == 0, "page buffers of this process brought them back")
    try environment.close()
    let (again, same) = try reopen(directory.path)
    try again.read { (transaction) throws(LMDBError) in
      #expect(try transaction.loan.entryCount(same) == 21)
      for index in count..<count + 20 {
        #expect(try transaction.loan.bytes(same, key(index)) == other)
      }
    }
  }

  @Test func `of a value in any place of its page nothing is left, and deleting alone leaves it`()
    throws
  {
    var left = 0
    for index in 0..<130 {
      for isScrubbed in [true, false] {
        TemporaryDirectory.remove(directory.path + "/data.mdb")
        TemporaryDirectory.remove(directory.path + "/lock.mdb")
        let (environment, table) = try openQuickly(directory.path)
        let other = [UInt8](repeating: 0x61, count: 60)
        try environment.write { (transaction) throws(LMDBError) -> Void in
          for each in 0..<130 {
            try transaction.loan.put(
              table, key(each), each == index ? value(each, 60) : other, mode: .append)
          }
        }
        let transaction = try erase(
          environment, table, index..<index + 1, length: 60, overwriting: isScrubbed)
        if isScrubbed {
          _ = try environment.scrubUsedPages()
          try environment.clearBuffers(of: table, pages: 100)
        }
        if isScrubbed {
          for _ in 0..<2 { try touch(environment, table) }
          #expect(try environment.scrubFreePages(freedUpTo: transaction).isComplete)
          #expect(traces() == 0, "entry \(index)")
        } else if traces() > 0 {
          left += 1
        }
        try environment.close()
      }
    }
    #expect(left > 100, "a plain deletion is no erasure")
  }

  @Test func `page buffers that were not cleared bring deleted values back`() throws {
    let (environment, table) = try fill(150, length: 700)
    let transaction = try erase(environment, table, 0..<150, length: 700)
    _ = try environment.scrubUsedPages()
    for _ in 0..<2 { try touch(environment, table) }
    _ = try environment.scrubUsedPages()
    for _ in 0..<2 { try touch(environment, table) }
    #expect(try environment.scrubFreePages(freedUpTo: transaction).isComplete)
    for index in 0..<40 {
      try environment.write { (transaction) throws(LMDBError) -> Void in
        try transaction.loan.put(table, [0xFE, UInt8(index)], value(0, 3), mode: .overwrite)
        try transaction.loan.put(
          table, [0xFD, UInt8(index)], [UInt8](repeating: 0, count: 2_100), mode: .overwrite)
      }
    }
    #expect(traces() > 0, "then clearing them is needless")
  }

  @Test func `a page that a reader still looks at is left alone until it ends`() throws {
    let (environment, table) = try fill(100, length: 500)
    var transaction: UInt = 0
    try environment.read { (reader) throws in
      transaction = try onAnotherThread {
        let number = try erase(environment, table, 0..<100, length: 500)
        _ = try environment.scrubUsedPages()
        try environment.clearBuffers(of: table, pages: 400)
        for _ in 0..<2 { try touch(environment, table) }
        let scrub = try environment.scrubFreePages(freedUpTo: number)
        #expect(!scrub.isComplete)
        return number
      }
      for index in 0..<100 {
        #expect(try reader.loan.bytes(table, key(index)) == value(index, 500))
      }
    }
    #expect(traces() > 0)
    #expect(try environment.scrubFreePages(freedUpTo: transaction).isComplete)
    #expect(traces() == 0)
  }

  @Test func `pages that a killed commit left behind the last one are cleaned too`() throws {
    let (environment, table) = try fill(10, length: 100)
    let data = directory.path + "/data.mdb"
    let size = try #require(fileSize(data))
    var page = [UInt8](repeating: 0, count: 4096)
    page.replaceSubrange(100..<100 + Self.canary.count, with: Self.canary)
    let file = try #require(fopen(data, "r+"))
    fseek(file, size, SEEK_SET)
    fwrite(page, 1, page.count, file)
    fclose(file)
    let transaction = try erase(environment, table, 0..<10, length: 100)
    _ = try environment.scrubUsedPages()
    try environment.clearBuffers(of: table, pages: 100)
    for _ in 0..<2 { try touch(environment, table) }
    #expect(try environment.scrubFreePages(freedUpTo: transaction).isComplete)
    #expect(traces() == 0)
  }

  private func onAnotherThread<R: Sendable>(
    _ body: @Sendable @escaping () throws -> R
  ) throws -> R {
    let box = Box<Result<R, any Error>>()
    let run = Unmanaged.passRetained(Work { box.value = Result { try body() } })
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { pointer in
        Unmanaged<Work>.fromOpaque(pointer!).takeRetainedValue().body()
        return nil
      }, run.toOpaque())
    pthread_join(thread, nil)
    return try #require(box.value).get()
  }

  /// `@unchecked`: written by one thread before it is joined, read after.
  private final class Box<Value>: @unchecked Sendable { var value: Value? }
  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
