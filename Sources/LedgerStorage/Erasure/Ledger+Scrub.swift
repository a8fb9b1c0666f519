// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerDomain
public import LedgerReading

/// What became of the bytes that erased words left in the database's file.
public enum ScrubOutcome: Equatable, Sendable {
  /// There was nothing to do.
  case nothing
  /// The file holds nothing of them any more; how many pages and stretches were overwritten.
  case done(overwritten: Int)
  /// These processes still read a state from before, and may need its pages: the rest is owed.
  case waiting([Int32])
  /// It could not be finished, and is owed.
  case failed(StorageError)
}

/// One step of a scrub that is done under the door.
enum ScrubStep: Sendable {
  /// A commit that changes nothing but a page: after two of them, pages that were freed before are
  /// in no state that the file could fall back to.
  case commit
  /// Zeroes pages in no use.
  case free(upTo: UInt)
  /// Notes that nothing is owed, unless something was erased meanwhile.
  case settle(OwedScrub)
  /// Takes more decisions into the index of words, which an erasure may have emptied.
  case index
}

/// What one step led to.
enum ScrubStepOutcome: Sendable {
  case done
  case freed(FreePageScrub)
  /// Something else is owed now.
  case superseded
  /// Whether the index of words is whole, and how many entries it got.
  case indexed(isWhole: Bool, entries: UInt64)
  case failed(StorageError)
}

extension Ledger {
  /// What is left to do of erasures; nil when nothing is.
  public func owedScrub() throws(ReadingError) -> OwedScrub? {
    try reader.read { (snapshot) throws(ReadingError) in try snapshot.owedScrub() }
  }

  /// Overwrites what erased words left in the database's file: between the entries of pages in
  /// use, in pages in no use, and in generations no longer in force. Then builds the index of words
  /// anew where they stood in it.
  ///
  /// Waits at most `patience` for readers of older states, without holding the door. It may be
  /// killed at any moment and called again: what is owed stands in the database until all is done.
  /// An error of writing or syncing poisons the ledger, as one of a commit does.
  @available(*, noasync, message: "This waits for the door; call it from a thread of its own.")
  public func scrub(patience: Duration = .seconds(10)) -> ScrubOutcome {
    var overwritten = 0
    do throws(StorageError) {
      var outcome = ScrubOutcome.nothing
      while let owed = try owed() {
        // Before the commits: a page that one of them frees is among those cleaned here.
        overwritten += try changingFile { () throws(LMDBError) in
          try reader.environment.scrubUsedPages()
        }
        for _ in 0..<2 { _ = try step(.commit) }
        guard let pages = try waitAndFree(owed, patience) else {
          return .waiting(Set(oldReaders(than: UInt(owed.transaction)).map(\.processID)).sorted())
        }
        overwritten += pages
        if case .done = try step(.settle(owed)) { outcome = .done(overwritten: overwritten) }
      }
      // What waits longer is found by reading all decisions, and is taken in with the next ones.
      if try isWordIndexBehind() {
        while case .indexed(isWhole: false, _) = try step(.index) {}
      }
      return outcome
    } catch {
      return .failed(error)
    }
  }

  private func owed() throws(StorageError) -> OwedScrub? {
    do throws(ReadingError) { return try owedScrub() } catch {
      throw StorageError(.reading(error), "finishing an erasure")
    }
  }

  private func isWordIndexBehind() throws(StorageError) -> Bool {
    do throws(ReadingError) {
      return try reader.read { (snapshot) throws(ReadingError) in
        guard snapshot.tables.words != nil else { return false }
        let end = Position(try snapshot.wordIndexEnd().value)
        return try !snapshot.decisions(from: end, asOf: snapshot.size, limit: 1).isEmpty
      }
    } catch {
      throw StorageError(.reading(error), "indexing the words of decisions")
    }
  }

  private func step(_ step: ScrubStep) throws(StorageError) -> ScrubStepOutcome {
    let outcome = perform(step)
    if case .failed(let error) = outcome { throw error }
    return outcome
  }

  /// The pages overwritten; nil when readers stayed for too long.
  private func waitAndFree(
    _ owed: OwedScrub, _ patience: Duration
  ) throws(StorageError) -> Int? {
    let limit = UInt(owed.transaction)
    let start = ContinuousClock.now
    var overwritten = 0
    while true {
      do throws(LMDBError) { try reader.environment.clearStaleReaders() } catch {
        throw StorageError(lmdb: error)
      }
      if oldReaders(than: limit).isEmpty,
        case .freed(let scrub) = try step(.free(upTo: limit))
      {
        overwritten += scrub.overwritten
        if scrub.isComplete { return overwritten }
      }
      guard ContinuousClock.now - start < patience else { return nil }
      usleep(20_000)
    }
  }

  /// Readers of the state before a transaction, or of an earlier one.
  private func oldReaders(than transaction: UInt) -> [Reader] {
    let readers = (try? reader.environment.readers()) ?? []
    return readers.filter { ($0.transactionID ?? .max) <= transaction }
  }

  /// Runs what writes outside of a commit. Its errors leave unknown what the disk holds.
  private func changingFile<R>(
    _ body: () throws(LMDBError) -> R
  ) throws(StorageError) -> R {
    do throws(LMDBError) { return try body() } catch {
      throw failed(error)
    }
  }

  private func failed(_ error: LMDBError) -> StorageError {
    guard ["pwrite", "fdatasync"].contains(error.operation) else {
      return StorageError(lmdb: error)
    }
    let mark = PoisonMark(
      time: clock.read().time, operation: error.operation, error: error.code.rawValue,
      pid: processNumber)
    try? door.poison(mark)
    return StorageError(.commitUnknown(error), "finishing an erasure")
  }

  // MARK: Under the door

  /// Performs a step while this process is the only writer.
  func perform(
    _ step: ScrubStep, _ pass: borrowing DoorPass
  ) throws(StorageError) -> ScrubStepOutcome {
    switch step {
    case .commit:
      return try writing { (loan) throws(LMDBError) in
        guard let bytes = try loan.bytes(reader.tables.head, HeadKey.scrub) else { return .done }
        try loan.put(reader.tables.head, HeadKey.scrub, bytes, mode: .overwrite)
        return .done
      }
    case .free(let transaction):
      do throws(DirectoryError) { try GenerationSwap.removeOthers(door, pass) } catch {
        throw StorageError(.directory(error), "removing older generations")
      }
      return .freed(
        try changingFile { () throws(LMDBError) in
          try reader.environment.scrubFreePages(freedUpTo: transaction)
        })
    case .settle(let owed):
      return try writing { (loan) throws(LMDBError) in
        guard let bytes = try loan.bytes(reader.tables.head, HeadKey.scrub) else { return .done }
        guard bytes == owed.bytes else { return .superseded }
        try loan.delete(reader.tables.head, HeadKey.scrub)
        return .done
      }
    case .index: return try indexWords()
    }
  }

  private func writing(
    _ body: (WriteLoan) throws(LMDBError) -> ScrubStepOutcome
  ) throws(StorageError) -> ScrubStepOutcome {
    do throws(WriteFailure<LMDBError>) {
      return try reader.environment.write(growing: true) { (transaction) throws(LMDBError) in
        try body(transaction.loan)
      }
    } catch {
      switch error {
      case .begin(let error), .refused(let error), .body(let error):
        throw StorageError(lmdb: error)
      case .commit(let cause): throw unknown(cause)
      }
    }
  }

  /// One commit of at most so many decisions that others need not wait for long.
  private func indexWords() throws(StorageError) -> ScrubStepOutcome {
    do throws(WriteFailure<StorageError>) {
      return try reader.environment.write(growing: true) {
        (transaction) throws(StorageError) -> ScrubStepOutcome in
        let head: Head
        do throws(ReadingError) { head = try Snapshot(transaction.loan, reader.tables).head } catch
        {
          throw StorageError(.reading(error), "indexing the words of decisions")
        }
        var appender = Appender(
          rebuilding: transaction.loan, reader.tables, head: head, known: [:])
        let isWhole = try appender.indexWords()
        return .indexed(isWhole: isWhole, entries: appender.scattered)
      }
    } catch {
      switch error {
      case .begin(let error), .refused(let error): throw StorageError(lmdb: error)
      case .body(let error): throw error
      case .commit(let cause): throw unknown(cause)
      }
    }
  }

  /// A commit failed when it may have come true.
  private func unknown(_ cause: LMDBError) -> StorageError {
    let mark = PoisonMark(
      time: clock.read().time, operation: cause.operation, error: cause.code.rawValue,
      pid: processNumber)
    try? door.poison(mark)
    return StorageError(.commitUnknown(cause), "finishing an erasure")
  }

  /// Clears this process's page buffers where words were erased since its last commit: LMDB uses
  /// them again as they are, and would write what they hold back into the file.
  ///
  /// The door is held, so that nothing more is erased before the commit that follows.
  func clearBuffersIfErased(_ memory: inout WriterMemory) throws(StorageError) {
    let latest: Position?
    do throws(ReadingError) {
      latest = try reader.read { (snapshot) throws(ReadingError) in
        try snapshot.latest(of: .textErased, asOf: snapshot.size)
      }
    } catch {
      throw StorageError(.reading(error), "appending to the ledger")
    }
    if memory.hasWritten, memory.lastErasure != latest {
      do throws(LMDBError) {
        try reader.environment.clearBuffers(of: reader.tables.head, pages: memory.pages)
      } catch {
        throw StorageError(lmdb: error)
      }
    }
    memory.lastErasure = latest
    memory.hasWritten = true
  }
}
